import { type CachePolicy, type Place, Queue } from "musicfs";

export interface LruLimits {
  readonly maxBytes: number;
  readonly minFreeBytes: number;
  /** Files that entered the cache longer ago go first; `undefined`: their age says nothing. */
  readonly maxAgeMs?: number | undefined;
}

interface Item {
  readonly enteredMs: number;
  readonly byEntry: Place<number>;
  byUse: Place<number>;
}

/**
 * Keeps what was read last: the file whose last read is longest ago is the first victim, apart from those
 * that are too old. Adding, touching, removing and finding the next victim take constant time.
 *
 * @param limits asked each time: they may change.
 */
export function createLru(limits: () => LruLimits): CachePolicy {
  const items = new Map<number, Item>();
  const byEntry = new Queue<number>();
  const byUse = new Queue<number>();
  // Clocks are set back; the order of what happened is the order of the queue all the same.
  let latestMs = Number.NEGATIVE_INFINITY;

  const remove = (key: number): void => {
    const item = items.get(key);
    if (!item) return;
    byEntry.leave(item.byEntry);
    byUse.leave(item.byUse);
    items.delete(key);
  };

  const isTooOld = (key: number, nowMs: number): boolean => {
    const { maxAgeMs } = limits();
    return maxAgeMs !== undefined && (items.get(key)?.enteredMs ?? nowMs) < nowMs - maxAgeMs;
  };

  function* tooOld(nowMs: number): Generator<number> {
    for (const key of byEntry) {
      if (!isTooOld(key, nowMs)) return;
      yield key;
    }
  }

  return {
    get maxBytes() {
      return limits().maxBytes;
    },
    get minFreeBytes() {
      return limits().minFreeBytes;
    },
    admits: ({ sizeBytes }) => sizeBytes <= limits().maxBytes,
    added({ key }, nowMs) {
      remove(key);
      latestMs = Math.max(latestMs, nowMs);
      items.set(key, { enteredMs: latestMs, byEntry: byEntry.push(key), byUse: byUse.push(key) });
    },
    touched(key) {
      const item = items.get(key);
      if (!item) return;
      byUse.leave(item.byUse);
      item.byUse = byUse.push(key);
    },
    removed: remove,
    *victims(nowMs) {
      yield* tooOld(nowMs);
      for (const key of byUse) if (!isTooOld(key, nowMs)) yield key;
    },
    expired: tooOld,
  };
}
