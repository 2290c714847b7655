import { createRequire } from "node:module";
import { MusicfsError } from "musicfs";

/** Answers a request: 0 or a negative errno, then what belongs to the request. May be called once. */
export type Callback<Answer extends unknown[] = []> = (result: number, ...answer: Answer) => void;

/** What `fuse-native` makes a `struct stat` of. Times in milliseconds since 1970. */
export interface NativeStat {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly nlink: number;
  readonly ino: number;
  readonly blksize: number;
  /** Blocks of 512 bytes. */
  readonly blocks: number;
  readonly atime: number;
  readonly mtime: number;
  readonly ctime: number;
}

/** What `fuse-native` makes a `struct statvfs` of. Each number is cut to 32 bits. */
export interface NativeStatfs {
  readonly bsize: number;
  readonly frsize: number;
  readonly blocks: number;
  readonly bfree: number;
  readonly bavail: number;
  readonly files: number;
  readonly ffree: number;
  readonly favail: number;
  readonly namemax: number;
}

/** The requests that a read-only filesystem answers, by libfuse's names. A path starts with `/`. */
export interface ReadOperations {
  getattr(path: string, answer: Callback<[stat?: NativeStat]>): void;
  readdir(path: string, answer: Callback<[names?: readonly string[], stats?: readonly NativeStat[]]>): void;
  readlink(path: string, answer: Callback<[target?: string]>): void;
  open(path: string, flags: number, answer: Callback<[handle?: number]>): void;
  /** `buffer` is libfuse's memory: it is gone once `answer` was called. A positive result is a length. */
  read(
    path: string,
    handle: number,
    buffer: Buffer,
    lengthBytes: number,
    offsetBytes: number,
    answer: Callback,
  ): void;
  release(path: string, handle: number, answer: Callback): void;
  statfs(path: string, answer: Callback<[totals?: NativeStatfs]>): void;
}

type Done = (error: Error | null) => void;

/** A mount of `fuse-native`. */
export interface FuseNative {
  mount(done: Done): void;
  unmount(done: Done): void;
  /** What it hands to libfuse, as one argument. */
  _fuseOptions(): string;
}

/** The class that `fuse-native` 2 exports; it comes without types. */
export interface FuseNativeClass {
  new (mountpoint: string, operations: object, options: { timeout: false }): FuseNative;
  unmount(mountpoint: string, done: Done): void;
}

/** The line that installs libfuse 2. */
export const INSTALL_LIBFUSE =
  process.platform === "darwin" ? "brew install --cask macfuse" : "apt-get install libfuse2 fuse3";
const INSTALL_PACKAGE = "npm install fuse-native";

/**
 * Loads the package `fuse-native`.
 *
 * @throws MusicfsError `MFS_MACHINE_LACKS` with the line to type, when it or libfuse is missing.
 */
export function loadFuseNative(): FuseNativeClass {
  try {
    const Fuse = createRequire(import.meta.url)("fuse-native") as FuseNativeClass;
    // Its own way is a shell command with the path in it. What it does after that is still needed.
    Fuse.unmount = (_mountpoint, done) => done(null);
    return Fuse;
  } catch (cause) {
    const reason = (cause instanceof Error ? cause.message : String(cause)).split("\n")[0] ?? "";
    throw new MusicfsError("MFS_MACHINE_LACKS", `the package 'fuse-native' cannot be loaded: ${reason}`, {
      hint: hintFor(reason),
      cause,
    });
  }
}

function hintFor(reason: string): string {
  if (reason.includes("libfuse")) return INSTALL_LIBFUSE;
  if (reason.includes("No native build"))
    return "Use mountFuse() instead: fuse-native has no build for this machine.";
  return INSTALL_PACKAGE;
}
