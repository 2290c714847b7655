import type { OriginFile } from "../model/origin.js";

/** What the store holds, and what it did since the daemon's start. Bytes are bytes on no particular disk unless said so. */
export interface StoreStats {
  /** `off` while the cache's disk cannot be written: reads are served, and nothing is kept. */
  readonly state: "on" | "off";
  /** Why it is off, in words for a person. */
  readonly reason?: string;
  readonly maxBytes: number;
  readonly minFreeBytes: number;
  /** Versions of files of which anything is kept. */
  readonly files: number;
  readonly wholeFiles: number;
  readonly pinnedFiles: number;
  /** Bytes of origin files that can be read from the cache. */
  readonly logicalBytes: number;
  /** Bytes that they take on the cache's disk: each chunk that several share counts once. */
  readonly storedBytes: number;
  /** Bytes of the index beside them; part of what `maxBytes` bounds. */
  readonly indexBytes: number;
  /** Chunks of the files that are cut, counted in each file that has them. */
  readonly chunks: number;
  /** The same chunks, each counted once. */
  readonly uniqueChunks: number;
  /** {@link logicalBytes} by {@link storedBytes}; 1 when nothing is shared. */
  readonly ratio: number;
  /** Reads that were answered from the cache alone, and those that had to ask an origin. */
  readonly hits: number;
  readonly misses: number;
  readonly hitBytes: number;
  readonly originRequests: number;
  readonly originBytes: number;
  /** Bytes that were served and not kept: no room, no admission, or the cache was off. */
  readonly bypassedBytes: number;
  readonly evictions: number;
  readonly evictedBytes: number;
  /** Chunks that were not what their hash says; each was dropped before anybody saw it. */
  readonly corruptChunks: number;
  /** Files of which a new version took something from the one before. */
  readonly deltaFiles: number;
  /** Bytes that new versions took from those before, and that were not fetched. */
  readonly deltaTakenBytes: number;
  /** Bytes that were fetched of them all the same, with what it took to prove that the rest is the same. */
  readonly deltaFetchedBytes: number;
  readonly origins: readonly OriginStoreStats[];
}

export interface OriginStoreStats {
  readonly originId: string;
  readonly files: number;
  readonly logicalBytes: number;
  /** Bytes that it takes on the disk. */
  readonly storedBytes: number;
  /** Most that it may take there; absent where only the limit of all holds. */
  readonly maxBytes?: number;
  readonly originRequests: number;
  readonly originBytes: number;
}

/** One version of one origin file, as far as it is kept. */
export interface StoredFile extends OriginFile {
  /** Names it in {@link Store.files}; rises with the time at which it came in. */
  readonly id: number;
  readonly originId: string;
  /** Bytes of it that can be read from the cache. */
  readonly logicalBytes: number;
  /** Bytes that it takes on the disk; 0 where another file holds all of them. */
  readonly storedBytes: number;
  readonly isWhole: boolean;
  readonly isPinned: boolean;
  /** When it was last read: milliseconds since 1970. */
  readonly usedMs: number;
}

/** A file by its place in its origin, whatever its version. */
export interface FilePlace {
  readonly originId: string;
  readonly path: string;
}

/** What was removed, or would be. */
export interface Removal {
  readonly files: number;
  /** Bytes that came free on the disk. */
  readonly bytes: number;
}

export interface ClearOptions {
  /** Only files of this origin. */
  readonly originId?: string;
  /** Also files that are pinned; their pins stay. @default false */
  readonly pinned?: boolean;
  /** Tells what would go, and removes nothing. @default false */
  readonly dryRun?: boolean;
}

export interface VerifyOptions {
  /** Fetches what is damaged again; without it, it is dropped when it is read next. @default false */
  readonly repair?: boolean;
  readonly onProgress?: (progress: StoreProgress) => void;
}

export interface VerifyReport {
  readonly files: number;
  readonly bytes: number;
  /** Pieces that are not what their hash says. */
  readonly corrupt: number;
  readonly repaired: number;
  /** The files with damage, up to 1000. */
  readonly damaged: readonly FilePlace[];
}

export interface WarmReport {
  readonly files: number;
  readonly bytes: number;
  /** Bytes that had to be fetched. */
  readonly fetchedBytes: number;
  /** Files that could not be fetched, or were not kept, with the reason; up to 1000. */
  readonly failed: readonly (FilePlace & { readonly reason: string })[];
}

/** How far a long operation is; called at most ten times a second, and at the end. */
export interface StoreProgress {
  readonly doneFiles: number;
  readonly totalFiles: number;
  readonly doneBytes: number;
  readonly totalBytes: number;
}

/**
 * The content store as those who operate it see it. Reads do not come through here: they are answered by the
 * FUSE workers, and by `ReadThrough` on the main thread.
 *
 * Main thread only. Whatever takes long is asynchronous, works in small steps, and can be stopped.
 */
export interface Store {
  stats(): StoreStats;
  /** Up to `limit` files with an id above `afterId`, by id: a page of what is kept. */
  files(afterId: number, limit: number): readonly StoredFile[];
  /** Bytes on the disk by origin, for `musicfs cache du`. */
  du(): readonly { readonly originId: string; readonly files: number; readonly storedBytes: number }[];
  /** Removes what is kept; what is open stays readable. Pinned files stay unless asked for. */
  clear(options: ClearOptions, signal: AbortSignal): Promise<Removal>;
  /** Checks every hash of what is kept. @throws `signal.reason` */
  verify(options: VerifyOptions, signal: AbortSignal): Promise<VerifyReport>;
  /** Keeps files, of any version, from being evicted; durable. @returns how many were not pinned before. */
  pin(places: readonly FilePlace[]): number;
  /** @returns how many were pinned before. */
  unpin(places: readonly FilePlace[]): number;
  /** Up to `limit` pinned places after `after`, in order. */
  pins(after: FilePlace | undefined, limit: number): readonly FilePlace[];
  /**
   * Fetches files whole, a few at a time. Stops fetching, with a reason for each file left, when there is no
   * room without evicting what this call itself fetched.
   *
   * @throws `signal.reason`
   */
  warm(
    places: readonly FilePlace[],
    onProgress: (progress: StoreProgress) => void,
    signal: AbortSignal,
  ): Promise<WarmReport>;
  /**
   * Removes what no file of the catalogue stands for any more, and what no row of the index names; gives back
   * what the index no longer needs.
   */
  gc(options: { readonly dryRun?: boolean }, signal: AbortSignal): Promise<Removal>;
}
