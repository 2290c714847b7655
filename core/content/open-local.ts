import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readlinkSync,
  realpathSync,
  type Stats,
  statSync,
} from "node:fs";
import { pathToBytes } from "./path-bytes.js";

/** An open regular file; whoever opened it closes `fd`. */
export interface OpenedLocalFile {
  readonly fd: number;
  readonly stat: Stats;
}

/** Why a path is refused although the system would open it. `code` is what a caller of open(2) may be told. */
export class RefusedPathError extends Error {
  override readonly name = "RefusedPathError";
  readonly code: "EACCES" | "EINVAL";

  constructor(code: "EACCES" | "EINVAL", message: string) {
    super(message);
    this.code = code;
  }
}

// Without O_NONBLOCK the open of a FIFO waits for a writer that may never come.
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * Opens a regular file below `root` for reading: open, fstat and, unless links may be followed, one readlink.
 *
 * Node has no openat2(2), so what was opened is asked where it lies, after the open: a folder that is swapped
 * for a link in between changes nothing. Never waits for anything but the disk.
 *
 * @param root absolute path of a folder, without symbolic links in it.
 * @param path below `root`, with bytes that are not UTF-8 as `path-bytes.ts` writes them.
 * @param followSymlinks whether links may be followed, and may lead out of `root`.
 * @throws RefusedPathError `EACCES` where the file lies outside of `root`, `EINVAL` where it is no regular file.
 * @throws the system's error, with its `code`, where the file can't be opened; a link gives `ELOOP`.
 */
export function openLocal(root: string, path: string, followSymlinks: boolean): OpenedLocalFile {
  if (hasDotDot(path)) throw new RefusedPathError("EACCES", `"${path}" has ".." in it`);
  const fullPath = root === "/" ? `/${path}` : `${root}/${path}`;
  const fd = openSync(pathToBytes(fullPath), followSymlinks ? FLAGS : FLAGS | constants.O_NOFOLLOW);
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new RefusedPathError("EINVAL", `"${fullPath}" is not a regular file`);
    if (!followSymlinks && !liesBelow(root, fd, stat, fullPath)) {
      throw new RefusedPathError("EACCES", `"${fullPath}" leads out of "${root}" through a symbolic link`);
    }
    return { fd, stat };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function hasDotDot(path: string): boolean {
  return path.includes("..") && path.split("/").includes("..");
}

function liesBelow(root: string, fd: number, stat: Stats, fullPath: string): boolean {
  const bytes = pathToBytes(root === "/" ? root : `${root}/`);
  const prefix = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  return realPath(fd, stat, fullPath).subarray(0, prefix.length).equals(prefix);
}

/** Where the open file lies, as bytes; empty where that can't be told. */
function realPath(fd: number, stat: Stats, fullPath: string): Buffer {
  if (process.platform === "linux") return readlinkSync(`/proc/self/fd/${fd}`, { encoding: "buffer" });
  const path = realpathSync.native(pathToBytes(fullPath), { encoding: "buffer" });
  const there = statSync(path);
  return there.dev === stat.dev && there.ino === stat.ino ? path : Buffer.alloc(0);
}
