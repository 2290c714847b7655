import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface Finished {
  readonly stdout: string;
  /** From spawn to exit. */
  readonly durationMs: number;
}

const children = new Set<ChildProcess>();

/** Longest that any one command may take, in milliseconds. */
const TIMEOUT_MS = 300_000;

/**
 * Runs a command to its end.
 *
 * @throws Error with what it wrote to stderr, when it fails or takes longer than five minutes.
 */
export async function run(command: string, args: readonly string[]): Promise<Finished> {
  const child = start(command, args);
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const startedMs = performance.now();
  const [code, signal] = await ended(child);
  if (code === 0) return { stdout, durationMs: performance.now() - startedMs };
  throw new Error(
    `${command} ${args.join(" ")}: ${signal ?? `exit ${code}`}: ${stderr.trim() || stdout.trim()}`,
  );
}

/** Runs a command that must succeed, its output going to `/dev/null`; gives milliseconds from spawn to exit. */
export async function timeOf(command: string, args: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(command, args, { stdio: "ignore" });
  children.add(child);
  const [code, signal] = await ended(child);
  const durationMs = performance.now() - startedMs;
  if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${signal ?? `exit ${code}`}`);
  return durationMs;
}

/** Starts a command whose output is piped; it is killed when the benchmark ends before it does. */
export function start(command: string, args: readonly string[], env = process.env): ChildProcess {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env });
  children.add(child);
  child.once("close", () => children.delete(child));
  return child;
}

/** Kills what {@link run} and {@link start} started and is still there. */
export function killChildren(): void {
  for (const child of children) child.kill("SIGKILL");
}

async function ended(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  const timer = setTimeout(() => child.kill("SIGKILL"), TIMEOUT_MS);
  try {
    return (await once(child, "close")) as [number | null, NodeJS.Signals | null];
  } finally {
    clearTimeout(timer);
    children.delete(child);
  }
}
