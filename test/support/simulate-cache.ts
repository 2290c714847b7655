import type { CachePolicy } from "musicfs";
import { createRandom } from "musicfs/testing";
import { type Listening, readings, TRACKS_PER_ALBUM } from "./listening.js";

/** Parts of plays that met a cached file, from 0 to 1. */
export interface CacheHits {
  readonly all: number;
  /** Of the {@link AFTER_SCAN} plays after each scan. */
  readonly afterScan: number;
}

/** Plays after a scan that are counted apart. */
export const AFTER_SCAN = 1000;

const LEAST_BYTES = 15_000_000;
const MOST_BYTES = 45_000_000;

/** Size of a library's tracks: FLAC files of three to nine minutes. */
export function trackSizes({ albums, seed }: Listening): Float64Array {
  const { below } = createRandom(seed + 1);
  return Float64Array.from(
    { length: albums * TRACKS_PER_ALBUM },
    () => LEAST_BYTES + below(MOST_BYTES - LEAST_BYTES),
  );
}

/** Has `policy` decide for a cache of its `maxBytes` what stays, the way the store asks it. */
export function simulateCache(policy: CachePolicy, listening: Listening): CacheHits {
  const sizes = trackSizes(listening);
  const cached = new Set<number>();
  let bytes = 0;
  const evictFor = (neededBytes: number, nowMs: number): void => {
    if (bytes + neededBytes <= policy.maxBytes) return;
    for (const victim of policy.victims(nowMs)) {
      policy.removed(victim);
      cached.delete(victim);
      bytes -= sizes[victim] ?? 0;
      if (bytes + neededBytes <= policy.maxBytes) return;
    }
  };
  const all = { plays: 0, hits: 0 };
  const afterScan = { plays: 0, hits: 0 };
  for (const { track, isPlay, playsSinceScan, startMs, endMs } of readings(listening)) {
    const isHit = cached.has(track);
    for (const count of isPlay ? (playsSinceScan < AFTER_SCAN ? [all, afterScan] : [all]) : []) {
      count.plays++;
      if (isHit) count.hits++;
    }
    if (isHit) policy.touched(track, startMs);
    else {
      const sizeBytes = sizes[track] ?? 0;
      evictFor(sizeBytes, startMs);
      policy.added({ key: track, sizeBytes }, startMs);
      cached.add(track);
      bytes += sizeBytes;
    }
    policy.touched(track, endMs);
  }
  return { all: all.hits / all.plays, afterScan: afterScan.hits / afterScan.plays };
}
