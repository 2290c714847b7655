import type { LatencyHistogram } from "../model/mount-driver.js";

/** From 1 ms, doubling, to 33 s: what is asked of another machine, or of a disk that sleeps. */
const BOUNDS_MS = Array.from({ length: 16 }, (_, index) => 2 ** index);

/** Counts how long something took. */
export class Latency implements LatencyHistogram {
  readonly boundsMs: readonly number[] = BOUNDS_MS;
  readonly counts: number[] = Array.from({ length: BOUNDS_MS.length + 1 }, () => 0);
  sumMs = 0;

  add(tookMs: number): void {
    const found = BOUNDS_MS.findIndex((bound) => tookMs <= bound);
    const bucket = found < 0 ? BOUNDS_MS.length : found;
    this.counts[bucket] = (this.counts[bucket] as number) + 1;
    this.sumMs += tookMs;
  }
}
