import { fileURLToPath } from "node:url";
import { run } from "../processes.js";

/** What is read; by a process of its own, as a player does. */
export interface ProbeOrder {
  readonly path: string;
  /** Files of a scan. */
  readonly tracks?: number;
}

const PROBE = fileURLToPath(new URL("./probe.js", import.meta.url));

export const scanMs = (order: ProbeOrder): Promise<number> => probe("scan", order);
export const firstByteMs = (order: ProbeOrder): Promise<number> => probe("first-byte", order);
export const seeksMs = (order: ProbeOrder): Promise<number> => probe("seeks", order);
export const readWholeMs = (order: ProbeOrder): Promise<number> => probe("whole", order);

async function probe(what: string, { path, tracks = 0 }: ProbeOrder): Promise<number> {
  const { stdout } = await run(process.execPath, [PROBE, what, path, String(tracks)]);
  return Number(stdout);
}
