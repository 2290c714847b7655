import type { OriginError } from "./origin-error.js";

/**
 * One audio file (or any other object) of an origin, as its listing shows it.
 *
 * Size and modification time, or `version` where the origin has one, tell whether a file changed.
 */
export interface OriginFile {
  /**
   * Path below the origin's root: segments joined by `/`, no leading slash, no `.` or `..`, no lone surrogates.
   * It is a key that only the origin interprets; layouts may show its segments when there are no tags.
   */
  readonly path: string;
  readonly sizeBytes: number;
  /** Modification time in milliseconds since 1970; fractions are kept. */
  readonly mtimeMs: number;
  /** What the origin calls this version of the content, such as an ETag. */
  readonly version?: string;
  /**
   * Names the file itself, whatever it is called: it stays the same when the file is moved. Two paths may have
   * the same (hard links), and a file that was replaced may keep it.
   */
  readonly identity?: string;
}

/** Paths that something happened to: files or folders, new, different or gone. */
export interface OriginChanges {
  /** Below the origin's root; each stands for all below it, too, and `""` for everything. */
  readonly paths: readonly string[];
}

/** A folder that could not be listed. What was known below it stays: an error is never a deletion. */
export interface UnreadableFolder {
  /** Path below the origin's root; `""` is the root itself. */
  readonly path: string;
  /** What failed, in words for a person. */
  readonly reason: string;
}

/** A piece of a listing. Batches bound the memory of a listing of millions of files. */
export interface ListingBatch {
  readonly files: readonly OriginFile[];
  readonly unreadable: readonly UnreadableFolder[];
}

/**
 * Says that an origin's files lie on this machine's disk, where the mount may open them itself:
 * reads then never leave the kernel or the FUSE worker.
 */
export interface LocalAccess {
  /** Absolute path of the folder that the paths of the files are below, without symbolic links in it. */
  readonly root: string;
  /** Whether a link may lead out of `root`. */
  readonly followSymlinks: boolean;
}

/** So many files of an origin vanished at once that it may be an accident: they stay until it is confirmed, or seen again. */
export interface HeldRemoval {
  /** Files that the last listing no longer had. */
  readonly files: number;
  /** Files of the origin before. */
  readonly ofFiles: number;
  /** When it was noticed, in milliseconds since 1970. */
  readonly sinceMs: number;
}

/** A piece of a file whose content says where it ends. */
export interface OriginChunk {
  /** SHA-256 of its bytes. */
  readonly hash: Uint8Array;
  readonly lengthBytes: number;
}

/** What an origin tells of the content of its files, so that nobody fetches what he has. */
export interface OriginChunks {
  /**
   * The chunks of a whole file, in order.
   *
   * @returns `undefined` where they are not known for this file.
   * @throws as {@link Origin.read} does.
   */
  manifest(file: OriginFile, signal: AbortSignal): Promise<readonly OriginChunk[] | undefined>;
  /**
   * Reads chunks that {@link manifest} named: at most 1 MiB or one chunk at a time. Whoever asks compares them with
   * their hashes.
   *
   * @returns the bytes of each, in the order of `chunks`.
   * @throws as {@link Origin.read} does.
   */
  read(file: OriginFile, chunks: readonly OriginChunk[], signal: AbortSignal): Promise<readonly Uint8Array[]>;
}

/** What a server says that all bytes of a file come to. */
export interface OriginChecksum {
  readonly algorithm: "md5" | "sha1" | "sha256";
  readonly digest: Uint8Array;
  /** It is the file's `version`, as hex digits, and looks like a checksum: a server may mean something else by it. */
  readonly isVersion?: boolean;
}

/** What the disk or the bucket behind an origin holds, for `statfs`. */
export interface OriginCapacity {
  readonly totalBytes: number;
  readonly freeBytes: number;
  /** Two origins with the same device share one disk, which is then counted once. */
  readonly device?: string;
}

/** What every origin can be told, by the options that all have in common (`originOptions`). */
export interface OriginSettings {
  readonly enabled: boolean;
  /** Of several sources of one track, the one with the highest number is read. */
  readonly priority: number;
  /** How often it is listed where nobody tells of changes, in milliseconds; 0 for never. */
  readonly pollInterval: number;
  /** Most requests at one time. */
  readonly concurrency: number;
  /** Longest that one request may take, with all of its bytes, in milliseconds. */
  readonly timeout: number;
  /** Longest that an answer may stand still, in milliseconds. */
  readonly idleTimeout: number;
  /** Most bytes a second that are read of it; absent for no limit. */
  readonly bandwidth?: number | undefined;
  /** Whether the next source is asked, too, when it takes longer than it usually does. @default false */
  readonly hedge?: boolean | undefined;
  /** Whether what is read of it is kept in the cache; a number: so many bytes of it at most. @default true */
  readonly keep?: boolean | number | undefined;
}

/**
 * Where files really lie. An origin is only ever read.
 *
 * Every method may reject with any error; an error that says "not found" ({@link stat} resolving to
 * `undefined`, or a complete listing without the file) is the only thing that removes a file.
 */
export interface Origin {
  /** Unique among the configured origins; kept in the catalogue, so it must not change between runs. */
  readonly id: string;
  /** Values of the options that all origins have in common (`originOptions`); their defaults where absent. */
  readonly settings?: OriginSettings;
  /** Present when the files can be opened on this machine. */
  readonly local?: LocalAccess;
  /** Whether its files are read through the content store although they are {@link local}. @default false */
  readonly cache?: boolean;
  /**
   * Lists every file below the root. A listing that ends without throwing is complete, apart from the
   * folders that it reported as unreadable.
   *
   * @param paths only these files and folders, with all that is below them; one that does not exist is no
   * error. An origin that cannot do that lists everything.
   * @throws when the root itself cannot be listed.
   */
  list(signal: AbortSignal, paths?: readonly string[]): AsyncIterable<ListingBatch>;
  /** Looks at one file. `undefined` means that the origin says it does not exist; anything else throws. */
  stat(path: string, signal: AbortSignal): Promise<OriginFile | undefined>;
  /**
   * Reads `lengthBytes` bytes from `offsetBytes`; fewer only where the file ends.
   *
   * @param target memory of `lengthBytes` bytes that they may be written to, so that none has to be found for them; an
   * origin that has them elsewhere gives those. It is for this one request: whoever asks again, here or elsewhere,
   * before this has settled, or after it has rejected, gives none.
   * @returns the bytes: `target`, the beginning of it, or memory that the origin does not use again.
   * @throws when the bytes cannot be had, or are no longer those of the version of `file`; an {@link OriginError}
   * where the kind is known.
   */
  read(
    file: OriginFile,
    offsetBytes: number,
    lengthBytes: number,
    signal: AbortSignal,
    target?: Uint8Array,
  ): Promise<Uint8Array>;
  /**
   * What the server says that the version of `file` comes to, where it knows that without reading it for us.
   *
   * @returns `undefined` where it says nothing, or has another version.
   * @throws as {@link read} does.
   */
  checksum?(file: OriginFile, signal: AbortSignal): Promise<OriginChecksum | undefined>;
  /** Present where the origin knows the chunks of its files. */
  readonly chunks?: OriginChunks;
  /**
   * Tells of changes as they happen; absent where nobody does. The first one comes, without paths, when from
   * then on nothing is missed; each later one when its files have settled, so that one which is still being
   * written is told of when it is whole.
   *
   * @throws what makes watching impossible, in words for a person; the origin is polled then, and asked again
   * at each poll.
   */
  watch?(signal: AbortSignal): AsyncIterable<OriginChanges>;
  /** How often the origin is listed where it is not watched, in milliseconds; 0 for never. @default 15 minutes */
  readonly pollIntervalMs?: number;
  /**
   * Asks whether the origin answers, with as little work for it as can be. Absent: one of its files is looked at.
   *
   * @throws why it does not; an {@link OriginError} where the kind is known.
   */
  probe?(signal: AbortSignal): Promise<void>;
  /** Asked every minute while mounted; absent where nothing is known. */
  capacity?(signal: AbortSignal): Promise<OriginCapacity>;
  /** Releases connections and workers. Called once, when the daemon stops. */
  close?(): Promise<void>;
}
