import { readFileSync } from "node:fs";

/** The kernel's clock tick on every Linux that Node runs on: 10 ms. */
const TICK_MS = 10;

/** Time that a process and its threads have had of the processor, in milliseconds. */
export function processorMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // After the name, which may hold anything: state is the 3rd field, utime the 14th, stime the 15th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}
