import type { EntryChange, NodeAttributes } from "./entry.js";

/** What a mount driver is given to serve. The tree and local content come from `openVfs(session.vfs)`. */
export interface MountSession {
  /** Absolute path of an existing, empty folder. */
  readonly mountpoint: string;
  /** Name of this instance as the mount table shows it (the device column): `musicfs:<instance>`. */
  readonly source: string;
  /** Makes a `Vfs`, in this thread or in any worker: it can be posted to one. */
  readonly vfs: VfsDescription;
  /** Answers what the VFS could not answer by itself. Main thread only. */
  readonly late: LateAnswers;
  /** Told of each file that was open for a second or longer, once it is closed or the mount ends. Main thread only. */
  readonly accessed?: (access: MountAccess) => void;
  /** For a person who reads the log. */
  readonly log: MountLog;
}

/** One opening of a file. Readers that the kernel serves from its own memory, or by passthrough, are seen only so. */
export interface MountAccess {
  readonly ino: number;
  readonly revision: number;
  /** From the open to the close, in milliseconds. */
  readonly heldMs: number;
  /** Bytes that the driver gave to this reader: none of those that the kernel had already, or reads itself. */
  readonly copiedBytes: number;
  /** Most files, this one included, that the same process held for a second or longer at one moment meanwhile. */
  readonly openAtOnce: number;
  /** Files that the same thread opened meanwhile, however briefly. */
  readonly otherOpens: number;
  /** Who it was; absent where the driver cannot tell, or the process was gone before it was looked at. */
  readonly process?: { readonly pid: number; readonly name: string };
}

/** How a VFS is opened; plain data, so that it can be posted to a worker. */
export interface VfsDescription {
  readonly cataloguePath: string;
  readonly origins: readonly VfsOrigin[];
  /** Where the files lie that MusicFS made itself. Without it, none can be opened. */
  readonly generated?: GeneratedFolders;
  /** Directories whose names are made when they are looked up: {@link LateAnswers.lookup} is asked for what is missing. */
  readonly lateDirectories?: readonly number[];
  /** Names that are made when they are looked up, whichever directory they are looked up in. */
  readonly lateNames?: readonly string[];
  /** Whether `/.musicfs` is there, whose files are read live (see `OpenedFile`). @default false */
  readonly ownNodes?: boolean;
  /** The table of cached files, from which workers answer what is in the content store. */
  readonly blobs?: SharedArrayBuffer;
  /**
   * One 32-bit number that moves after each change of the tree, before the driver is told to `invalidate`.
   * Without it nothing is remembered between two calls.
   */
  readonly generation?: SharedArrayBuffer;
}

/** Absolute paths, without symbolic links in them, of the folders that hold generated files. */
export interface GeneratedFolders {
  /** Of what can be made again. */
  readonly cache: string;
  /** Of what can't. */
  readonly state: string;
  /** Of covers in other sizes. */
  readonly covers: string;
}

/** One origin as the VFS sees it: where its files can be opened, if they can. */
export interface VfsOrigin {
  /** The number under which the catalogue knows the origin. */
  readonly number: number;
  readonly local?: { readonly root: string; readonly followSymlinks: boolean };
}

export interface LateAnswers {
  /**
   * Reads from the origin what is not on this disk; of a live file what there is of it, which may be less than
   * was asked for, or nothing.
   *
   * @param signal aborts when the reader went away.
   * @param use is lent the bytes: they are right until what it returns has settled, and may be others after that.
   * @returns what `use` does.
   * @throws MusicfsError or an error with a `code` such as `EIO`, which a driver answers with an errno; or what
   * `use` threw.
   */
  read<T>(
    ino: number,
    revision: number,
    offsetBytes: number,
    lengthBytes: number,
    signal: AbortSignal,
    use: (bytes: Uint8Array) => T | Promise<T>,
  ): Promise<T>;
  /**
   * Finds, or makes, what a name in one of {@link VfsDescription.lateDirectories}, or one of the
   * {@link VfsDescription.lateNames}, stands for. Asked whenever the VFS knows no such name, so a kernel must not
   * keep such names, found or missing.
   *
   * @param name in any Unicode normalisation.
   * @param signal aborts when whoever asked went away.
   * @returns `undefined` when there is no such name, and will be none.
   * @throws MusicfsError or an error with a `code` such as `EIO`; a driver answers it with an errno.
   */
  lookup(parentIno: number, name: string, signal: AbortSignal): Promise<NodeAttributes | undefined>;
  /**
   * Told of a read that was answered from the table of cached files while not much of what follows was there, so
   * that it can be fetched before it is asked for. Returns at once.
   */
  ahead?(ino: number, revision: number, offsetBytes: number, lengthBytes: number): void;
  /**
   * Looks at a file again whose open showed that it is not what the catalogue says; a file that MusicFS made
   * itself is made, or made anew. When it resolves, the
   * catalogue is right, and the same name may stand for another inode or revision.
   */
  refresh(ino: number): Promise<void>;
}

export interface MountLog {
  info(message: string): void;
  warn(message: string): void;
}

/** Counters since the mount. Bytes of passthrough are those of the files opened so: the kernel reads them itself. */
export interface MountStatistics {
  /** Requests served, by the kernel's name for them (`lookup`, `getattr`, `read`, ...). */
  readonly requests: Readonly<Record<string, number>>;
  readonly copiedBytes: number;
  readonly passthroughOpens: number;
  readonly passthroughBytes: number;
  /** Opens that were meant to pass through, and could not. */
  readonly passthroughFailures: number;
  /** Files that are open at this moment. */
  readonly openFiles: number;
}

/** How long something took, by the number of times in each range. */
export interface LatencyHistogram {
  /** Upper ends of the ranges, in milliseconds, rising. */
  readonly boundsMs: readonly number[];
  /** How many were in each range; one more than there are bounds, for what took longer. */
  readonly counts: readonly number[];
  readonly sumMs: number;
}

/** Why a mount is over. */
export type MountEnd =
  /** {@link Mount.unmount} was called. */
  | "stopped"
  /** Somebody else unmounted it. */
  | "unmounted"
  /** The connection to the kernel broke; what is left at the mountpoint has been detached. */
  | "aborted";

export interface Mount {
  /** Settles once, when nothing is served any more. */
  readonly ended: Promise<MountEnd>;
  /** Makes the kernel forget names that changed. The catalogue already has the new state. */
  invalidate(changes: readonly EntryChange[]): Promise<void>;
  statistics(): MountStatistics;
  /** How long requests took, by the kernel's name for them; a driver may time some of them only. */
  latencies?(): Readonly<Record<string, LatencyHistogram>>;
  /**
   * Whether the kernel reads an inode's cached content by itself at this moment: then it cannot be taken from it.
   * Absent where no driver's kernel does.
   */
  isPassedThrough?(ino: number, revision: number): boolean;
  /**
   * Ends the mount: running requests may finish until `graceMs` have passed, then the mountpoint is
   * detached all the same. Resolves when the mountpoint is free and no thread is left.
   */
  unmount(graceMs: number): Promise<void>;
}

/** One line of `musicfs doctor`. */
export interface Finding {
  readonly ok: boolean;
  /** What was looked at: `/dev/fuse`. */
  readonly subject: string;
  /** What was found. */
  readonly finding: string;
  /** The line to type, when it is not ok. */
  readonly remedy?: string;
}

/** What speaks to the kernel. Stays the same object for the life of the daemon; mounts at most once at a time. */
export interface MountDriver {
  readonly name: string;
  /** Mounts; resolves when the first request can be answered. */
  mount(session: MountSession): Promise<Mount>;
  /**
   * Whether what is mounted at `mountpoint` is a dead mount under the name `source`: then it is detached.
   * Called before the mountpoint is looked at, when no other instance runs.
   *
   * @returns whether something was detached.
   */
  detachStale(mountpoint: string, source: string): Promise<boolean>;
  /** What this driver needs of the machine, for `musicfs doctor` and for a failed mount. */
  diagnose(): Promise<readonly Finding[]>;
}
