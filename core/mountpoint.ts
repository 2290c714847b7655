import { lstatSync, mkdirSync, opendirSync, realpathSync, rmdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { MusicfsError, messageOf } from "./errors.js";

/** A folder that is ready to be mounted at. */
export interface PreparedMountpoint {
  readonly path: string;
  /** Removes the folder again if it was made for this mount; call it after the unmount. */
  release(): void;
}

/**
 * Sees that `path` is an empty folder, and makes it when there is none.
 *
 * @throws `MFS_MOUNTPOINT_BUSY` when something else is mounted there, `MFS_MOUNTPOINT_UNUSABLE` when it is a
 * file, not empty, or cannot be made.
 */
export function prepareMountpoint(path: string): PreparedMountpoint {
  const made = !exists(path) ? makeFolder(path) : undefined;
  requireNothingMounted(path);
  requireEmptyFolder(path);
  return { path, release: () => made?.forEach(removeIfEmpty) };
}

function exists(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    throw new MusicfsError("MFS_MOUNTPOINT_UNUSABLE", `cannot look at ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

// The folders that were made, the deepest first.
function makeFolder(path: string): string[] {
  try {
    const first = mkdirSync(path, { recursive: true });
    const made: string[] = [];
    if (first === undefined) return made;
    for (let at = path; at.length >= first.length; at = at.slice(0, at.lastIndexOf("/"))) made.push(at);
    return made;
  } catch (error) {
    throw new MusicfsError("MFS_MOUNTPOINT_UNUSABLE", `cannot make the folder ${path}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

// Told by the device, as mountpoint(1) does: what is mounted there is hidden by nothing of ours.
function requireNothingMounted(path: string): void {
  if (statSync(path).dev === statSync(dirname(realpathSync(path))).dev) return;
  throw new MusicfsError("MFS_MOUNTPOINT_BUSY", `cannot mount at ${path}: something else is mounted there`);
}

function requireEmptyFolder(path: string): void {
  let first: unknown;
  try {
    const folder = opendirSync(path);
    first = folder.readSync();
    folder.closeSync();
  } catch (error) {
    const isFile = (error as NodeJS.ErrnoException).code === "ENOTDIR";
    const problem = isFile ? "it is a file" : messageOf(error);
    throw new MusicfsError("MFS_MOUNTPOINT_UNUSABLE", `cannot mount at ${path}: ${problem}`, {
      cause: error,
    });
  }
  if (first !== null) {
    throw new MusicfsError("MFS_MOUNTPOINT_UNUSABLE", `cannot mount at ${path}: the folder is not empty`);
  }
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Somebody has put something there, and it stays.
  }
}
