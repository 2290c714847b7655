/** What a cache policy knows of one cached file. */
export interface CacheItem {
  /** Names one version of one file; stays the same while it is cached. */
  readonly key: number;
  readonly sizeBytes: number;
}

/**
 * Decides what is worth keeping. The mechanics (files, locks, limits that hold) are the store's.
 * All calls come from the main thread, in the order in which things happen.
 */
export interface CachePolicy {
  /** Greatest number of bytes that the store may hold on the disk. */
  readonly maxBytes: number;
  /** Bytes that must stay free on the disk; `0` for none. */
  readonly minFreeBytes: number;
  /** Whether a file that was just asked for shall be kept at all. */
  admits(item: CacheItem): boolean;
  /** A file entered the cache. */
  added(item: CacheItem, nowMs: number): void;
  /** A cached file was read. */
  touched(key: number, nowMs: number): void;
  /** A file left the cache, whoever decided it. */
  removed(key: number): void;
  /** Keys to evict next, best victim first; the store takes as many as it needs and skips what is in use. */
  victims(nowMs: number): Iterable<number>;
}
