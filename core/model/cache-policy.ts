/** What a cache policy knows of one cached file. */
export interface CacheItem {
  /** Names what is cached of one version of one file; stays the same while it is cached, and over restarts. */
  readonly key: number;
  /**
   * What this version of the file has again when it comes back after it left, and hardly any other has: lets a
   * policy remember what left. Absent: it has its key again.
   */
  readonly version?: number;
  /** Of the whole file; less of it may be cached. */
  readonly sizeBytes: number;
}

/**
 * Decides what is worth keeping. The mechanics (files, pins, limits that hold) are the store's.
 * All calls come from the main thread, in the order in which things happen.
 */
export interface CachePolicy {
  /**
   * Greatest number of bytes that the store may hold on the disk; it holds at every moment. Both limits may change
   * while the store is used.
   */
  readonly maxBytes: number;
  /** Bytes that must stay free on the disk; `0` for none. */
  readonly minFreeBytes: number;
  /**
   * Whether a file that was just asked for shall be kept at all. Asked once for each file that is not cached;
   * pinned ones are kept without asking.
   */
  admits(item: CacheItem): boolean;
  /**
   * A file entered the cache, or is of another size now. At a start: once for each file that is cached, as of the
   * time when it entered, the one read longest ago first; its last read is told by {@link touched}.
   */
  added(item: CacheItem, nowMs: number): void;
  /** A cached file was read. Told at most a second late, and many reads in a row as one. */
  touched(key: number, nowMs: number): void;
  /** A file left the cache, whoever decided it. */
  removed(key: number): void;
  /**
   * Keys to evict next, best victim first; the store takes as many as it needs, and skips what is pinned or in
   * use.
   */
  victims(nowMs: number): Iterable<number>;
  /** Keys that are to go although there is room. Asked once a minute; absent: none ever are. */
  expired?(nowMs: number): Iterable<number>;
}
