import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { within } from "./process.js";
import type { ShownTrack } from "./store-library.js";

export interface CheckedOrder {
  readonly tracks: readonly ShownTrack[];
  /** Reads that go on at the same time. */
  readonly readers: number;
  /** `whole`: every track once, from its beginning to its end. `random`: anywhere, until it is ended. */
  readonly mode: "whole" | "random";
  readonly seed: number;
  /** Of a track at a time, when they are random. */
  readonly readsPerFile: number;
  /** Ends by itself after this. @default only at {@link CheckedReads.end} */
  readonly durationMs?: number;
}

export interface CheckedResult {
  readonly reads: number;
  readonly bytes: number;
  /** Reads that gave other bytes than the origin has, or fewer, in words. */
  readonly wrong: readonly string[];
  /** Calls that failed, by their errno. */
  readonly errors: Readonly<Record<string, number>>;
}

/** Reads that go on in a process of their own. */
export interface CheckedReads {
  readonly result: Promise<CheckedResult>;
  /** Stops reading, and gives what was found. */
  end(): Promise<CheckedResult>;
}

const SCRIPT = fileURLToPath(new URL("./checked-reader.js", import.meta.url));
const END_MS = 60_000;

/** Begins to read tracks of a mount, each byte being compared with the origin's; resolves when it reads. */
export async function startCheckedReads(
  order: Partial<CheckedOrder> & Pick<CheckedOrder, "tracks">,
): Promise<CheckedReads> {
  const full: CheckedOrder = { readers: 8, mode: "random", seed: 1, readsPerFile: 20, ...order };
  const child = spawn(process.execPath, [SCRIPT, JSON.stringify(full)], {
    stdio: ["ignore", "pipe", "inherit"],
    env: { ...process.env, UV_THREADPOOL_SIZE: String(2 * full.readers + 2) },
  });
  let stdout = "";
  let isReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    isReady = resolve;
  });
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (stdout.startsWith("ready\n")) isReady();
  });
  const result = new Promise<CheckedResult>((resolve, reject) => {
    child.once("close", (code, signal) => {
      if (code === 0) resolve(JSON.parse(stdout.slice("ready\n".length)) as CheckedResult);
      else reject(new Error(`the reader ended with ${code ?? signal}`));
    });
  });
  result.catch(() => undefined);
  await Promise.race([ready, result]);
  return { result, end: () => endOf(child, result) };
}

/** Reads every track once as a whole, and gives what was found. */
export async function readAllChecked(tracks: readonly ShownTrack[], readers = 4): Promise<CheckedResult> {
  return (await startCheckedReads({ tracks, readers, mode: "whole" })).result;
}

async function endOf(child: ChildProcess, result: Promise<CheckedResult>): Promise<CheckedResult> {
  child.kill("SIGTERM");
  try {
    return await within("the readers end", result, END_MS);
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}
