import type { MountStatistics } from "musicfs";
import { LATENCY_NUMBERS } from "./latency.js";
import { OP, OP_TABLE_LENGTH } from "./protocol.js";

/** Words of {@link SharedState.control}, which the main thread sets and the workers read, or the reverse. */
export const CONTROL = {
  /** 0: wait; 1: serve; 2: leave. */
  phase: 0,
  /** The descriptor of `/dev/fuse`. */
  fd: 1,
  /** An eventfd that is readable once the workers shall leave. */
  stopFd: 2,
  /** 1: files pass through, as the kernel agreed at INIT and nothing spoke against since. */
  passthrough: 3,
  /** Minor version of the kernel's protocol. */
  minor: 4,
  /** Who waits for the kernel: see `leadership.ts`. */
  leader: 5,
  /** 1: the mount is about to go, and nothing is opened any more. */
  draining: 6,
  /** 1: files may be opened past the kernel's cache, and be mapped all the same. */
  directMmap: 7,
  count: 8,
} as const;

export const PHASE = { waiting: 0, serving: 1, leaving: 2 } as const;

/** Counters of one worker: requests by opcode, then these. */
export const COUNTER = {
  copiedBytes: OP_TABLE_LENGTH,
  passthroughOpens: OP_TABLE_LENGTH + 1,
  passthroughBytes: OP_TABLE_LENGTH + 2,
  passthroughFailures: OP_TABLE_LENGTH + 3,
  count: OP_TABLE_LENGTH + 8,
} as const;

/** The request that a worker holds: its unique id, and whether it holds one. */
export const CURRENT = { low: 0, high: 1, held: 2, count: 4 } as const;

/** What the threads of a mount share, besides the table of open files. */
export interface SharedState {
  readonly control: Int32Array<SharedArrayBuffer>;
  /** One row of {@link COUNTER} a worker, and one for the main thread: each is written by one thread only. */
  readonly counters: readonly Float64Array<SharedArrayBuffer>[];
  /** One row a worker, and one for the main thread; see `latency.ts`. */
  readonly latencies: readonly Float64Array<SharedArrayBuffer>[];
  /** One row of {@link CURRENT} a worker. */
  readonly current: readonly Uint32Array<SharedArrayBuffer>[];
}

/** The memory behind a {@link SharedState}; it can be posted. */
export interface SharedMemory {
  readonly control: SharedArrayBuffer;
  readonly counters: SharedArrayBuffer;
  readonly latencies: SharedArrayBuffer;
  readonly current: SharedArrayBuffer;
}

export function createSharedMemory(workers: number): SharedMemory {
  return {
    control: new SharedArrayBuffer(CONTROL.count * 4),
    counters: new SharedArrayBuffer((workers + 1) * COUNTER.count * 8),
    latencies: new SharedArrayBuffer((workers + 1) * LATENCY_NUMBERS * 8),
    current: new SharedArrayBuffer(workers * CURRENT.count * 4),
  };
}

export function openSharedState(memory: SharedMemory): SharedState {
  const rows = memory.counters.byteLength / (COUNTER.count * 8);
  return {
    control: new Int32Array(memory.control),
    counters: rowsOf(memory.counters, rows, COUNTER.count),
    latencies: rowsOf(memory.latencies, rows, LATENCY_NUMBERS),
    current: Array.from(
      { length: rows - 1 },
      (_, row) => new Uint32Array(memory.current, row * CURRENT.count * 4, CURRENT.count),
    ),
  };
}

function rowsOf(memory: SharedArrayBuffer, rows: number, numbers: number): Float64Array<SharedArrayBuffer>[] {
  return Array.from({ length: rows }, (_, row) => new Float64Array(memory, row * numbers * 8, numbers));
}

/** Adds up what all threads counted. */
export function statisticsOf(state: SharedState, openFiles: number): MountStatistics {
  const total = (counter: number) => state.counters.reduce((sum, row) => sum + (row[counter] as number), 0);
  const requests = Object.entries(OP)
    .map(([name, op]) => [name, total(op)] as const)
    .filter(([, served]) => served > 0);
  return {
    requests: Object.fromEntries(requests),
    copiedBytes: total(COUNTER.copiedBytes),
    passthroughOpens: total(COUNTER.passthroughOpens),
    passthroughBytes: total(COUNTER.passthroughBytes),
    passthroughFailures: total(COUNTER.passthroughFailures),
    openFiles,
  };
}
