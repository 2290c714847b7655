import type { MountAccess } from "../model/mount-driver.js";

/** Least time that a file is held for a play, in milliseconds. */
const MIN_HELD_MS = 10_000;
/** Tracks that are shorter are sounds and no music: nobody waits half of them. */
const MIN_DURATION_MS = 15_000;
/** So much of a track heard is a play, or so long, whichever is less. */
const PART = 0.5;
const LONG_MS = 4 * 60_000;
/** Players hold the track that plays, the next one, and a few while they cross-fade or serve several rooms. */
const MAX_OPEN_AT_ONCE = 6;
/** Files that a player may open beside: covers, lyrics, the next tracks, what a listener skips. */
const OTHER_OPENS = { base: 12, perMinute: 12 } as const;

/**
 * Whether an access looks like listening, and not like a scan, a copy or a forgotten handle: see README.md of
 * this folder.
 *
 * @param durationMs of the track; unknown: it counts from four minutes on.
 */
export function isPlay(access: MountAccess, durationMs: number | undefined): boolean {
  const { heldMs, openAtOnce, otherOpens } = access;
  if (heldMs < MIN_HELD_MS || heldMs < heardMs(durationMs)) return false;
  if (openAtOnce > MAX_OPEN_AT_ONCE) return false;
  return otherOpens <= OTHER_OPENS.base + (heldMs / 60_000) * OTHER_OPENS.perMinute;
}

// The custom of those who count plays (Last.fm's rules for scrobbling): half of the track, or four minutes.
function heardMs(durationMs: number | undefined): number {
  if (durationMs === undefined) return LONG_MS;
  if (durationMs < MIN_DURATION_MS) return Number.POSITIVE_INFINITY;
  return Math.min(durationMs * PART, LONG_MS);
}
