import { fileURLToPath } from "node:url";
import { run, start } from "./processes.js";

export interface SequentialOrder {
  readonly path: string;
  /** The same file on the disk itself: read once before, so that its pages are in the page cache. */
  readonly behind: string;
  readonly isFuse: boolean;
  readonly repeats: number;
}

/** Bytes a second, one value a repeat. */
export interface SequentialResult {
  /** With the origin's pages in the page cache, and none of the mount's own. */
  readonly first: readonly number[];
  /** Opened and read again at once. */
  readonly second: readonly number[];
}

export interface LatencyOrder {
  readonly places: readonly LatencyPlace[];
  /** The places take turns, so many calls at a time. */
  readonly blockSize: number;
  readonly blocks: number;
}

export interface LatencyPlace {
  /** Where names are looked up that do not exist. */
  readonly folder: string;
  readonly file: string;
  /** The same file on the disk itself. */
  readonly behind: string;
  readonly isFuse: boolean;
}

/** Microseconds, one value a call; one list a place. */
export interface LatencyResult {
  readonly missingUs: readonly number[][];
  readonly openCloseUs: readonly number[][];
  readonly randomUs: readonly number[][];
}

export interface MountedOrder {
  readonly mountpoint: string;
  readonly timeoutMs: number;
}

/** Moments on the machine's monotonic clock, as `process.hrtime.bigint()` gives it in every process. */
export interface MountedResult {
  /** mount(2) has returned. */
  readonly mountedNs: bigint;
  /** The mount has told the attributes of its root. */
  readonly answeredNs: bigint;
  /** A process `ls` over the root has ended. */
  readonly listedNs: bigint;
}

const PROBE = fileURLToPath(new URL("./probe.js", import.meta.url));

export function probeSequential(order: SequentialOrder): Promise<SequentialResult> {
  return probe("sequential", order) as Promise<SequentialResult>;
}

export function probeLatency(order: LatencyOrder): Promise<LatencyResult> {
  return probe("latency", order) as Promise<LatencyResult>;
}

/** Begins to watch for a mount; resolves when it watches, to what it will see. */
export async function watchMount(order: MountedOrder): Promise<{ seen: Promise<MountedResult> }> {
  const child = start(process.execPath, [PROBE, "mounted", JSON.stringify(order)]);
  let stdout = "";
  let stderr = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  await new Promise<void>((resolve, reject) => {
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      if (stdout.startsWith("ready\n")) resolve();
    });
    void ended.then(() => reject(new Error(`the probe ended: ${stderr}`)));
  });
  const seen = ended.then((code) => {
    if (code !== 0) throw new Error(`nothing mounted: ${stderr}`);
    const moments = JSON.parse(stdout.slice("ready\n".length)) as Record<keyof MountedResult, string>;
    return {
      mountedNs: BigInt(moments.mountedNs),
      answeredNs: BigInt(moments.answeredNs),
      listedNs: BigInt(moments.listedNs),
    };
  });
  seen.catch(() => undefined);
  return { seen };
}

/** Runs one of the probes of `probe.ts` in a process of its own. */
export async function probe(name: string, order: object): Promise<unknown> {
  const { stdout } = await run(process.execPath, [PROBE, name, JSON.stringify(order)]);
  return JSON.parse(stdout);
}
