import type { LatencyHistogram } from "musicfs";
import { OP, OP_TABLE_LENGTH } from "./protocol.js";

/** Ranges: up to 4 µs, 8 µs, … 1.05 s, and beyond. */
const BOUNDS = 19;
const FIRST_BOUND_US = 4;
const BUCKETS = BOUNDS + 1;
const SUM = BUCKETS;
const NUMBERS_AN_OPERATION = BUCKETS + 1;

/** Numbers of one thread's row. */
export const LATENCY_NUMBERS = OP_TABLE_LENGTH * NUMBERS_AN_OPERATION;

/**
 * One request in so many is timed, a power of two: to ask for the time takes 100 ns, of the 7 µs in which a
 * lookup is answered.
 */
const ONE_IN = 16;

/** Whether the `count`th request of a kind is to be timed. */
export function isTimed(count: number): boolean {
  return count % ONE_IN === 0;
}

/** Counts that a request took so long. `row` is written by one thread only. */
export function recordLatency(row: Float64Array, opcode: number, tookMs: number): void {
  const at = (opcode < OP_TABLE_LENGTH ? opcode : 0) * NUMBERS_AN_OPERATION;
  const bucket = at + bucketOf(tookMs * 1000);
  row[bucket] = (row[bucket] as number) + 1;
  row[at + SUM] = (row[at + SUM] as number) + tookMs;
}

/** Adds up what all threads recorded, by operation. */
export function latenciesOf(rows: readonly Float64Array[]): Record<string, LatencyHistogram> {
  const entries = Object.entries(OP).map(([name, op]) => [name, histogramOf(rows, op)] as const);
  return Object.fromEntries(entries.filter(([, { counts }]) => counts.some((count) => count > 0)));
}

function histogramOf(rows: readonly Float64Array[], op: number): LatencyHistogram {
  const at = op * NUMBERS_AN_OPERATION;
  const total = (number: number): number => rows.reduce((sum, row) => sum + (row[at + number] as number), 0);
  return {
    boundsMs: Array.from({ length: BOUNDS }, (_, bound) => (FIRST_BOUND_US * 2 ** bound) / 1000),
    counts: Array.from({ length: BUCKETS }, (_, bucket) => total(bucket)),
    sumMs: total(SUM),
  };
}

function bucketOf(us: number): number {
  if (us <= FIRST_BOUND_US) return 0;
  return Math.min(BOUNDS, 32 - Math.clz32(Math.ceil(us / FIRST_BOUND_US) - 1));
}
