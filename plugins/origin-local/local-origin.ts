import { closeSync, fstatSync, read as readFd, type Stats } from "node:fs";
import { lstat, readlink, realpath, statfs, stat as statPath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import {
  ErrnoError,
  type LocalAccess,
  type Logger,
  MusicfsError,
  type Origin,
  type OriginCapacity,
  type OriginChanges,
  type OriginFile,
  type OriginSettings,
  openLocal,
  pathFromBytes,
  pathToBytes,
} from "musicfs";
import { remoteTypeOf } from "./network-mounts.js";
import { originFile } from "./origin-file.js";
import { walkInWorker } from "./walk.js";
import { watchInWorker } from "./watch.js";

const readAsync = promisify(readFd);

/** As many as Linux follows in one path. */
const MAX_LINKS = 40;

export interface LocalOriginOptions {
  readonly id: string;
  /** Absolute. */
  readonly folder: string;
  readonly followSymlinks: boolean;
  /** Whether the files are read through the content store. */
  readonly cache: boolean;
  readonly watch: "auto" | false;
  readonly settings: OriginSettings;
  readonly log: Logger;
}

/** Opens the folder as an origin, also while it is not there: its disk may come later. */
export async function openLocalOrigin(options: LocalOriginOptions): Promise<Origin> {
  const { id, followSymlinks, cache, settings } = options;
  const root = await realRoot(options.folder);
  const local = { root, followSymlinks };
  const at = (path: string): Buffer | string =>
    pathToBytes(path === "" ? root : `${root === "/" ? "" : root}/${path}`);

  return {
    id,
    local,
    cache,
    settings,
    pollIntervalMs: settings.pollInterval,

    async probe() {
      await requireFolder(root);
    },

    async *list(signal, paths) {
      await requireFolder(root);
      yield* walkInWorker(local, paths, signal);
    },

    ...(options.watch === false ? {} : { watch: (signal: AbortSignal) => watchLocal(local, signal) }),

    async stat(path, signal) {
      signal.throwIfAborted();
      // Without its root, an origin cannot say of any file that it is gone.
      await requireFolder(root);
      if (!(await isInside(at, path, followSymlinks))) return undefined;
      return statFile(at(path), path, followSymlinks);
    },

    async read(file, offsetBytes, lengthBytes, signal, target) {
      signal.throwIfAborted();
      const { fd, stat } = openLocal(root, file.path, followSymlinks);
      try {
        requireVersion(file, stat);
        const { bytesRead, buffer } = await readAsync(
          fd,
          target ?? Buffer.allocUnsafeSlow(lengthBytes),
          0,
          lengthBytes,
          offsetBytes,
        );
        // Somebody may write into the file in place meanwhile; a write sets the time before its bytes are there.
        requireVersion(file, fstatSync(fd));
        return buffer.subarray(0, bytesRead);
      } finally {
        // At once, as it was opened: a turn of the thread pool would take longer.
        closeSync(fd);
      }
    },

    async capacity(): Promise<OriginCapacity> {
      const [disk, folder] = await Promise.all([statfs(pathToBytes(root)), statPath(pathToBytes(root))]);
      return {
        totalBytes: disk.blocks * disk.bsize,
        freeBytes: disk.bavail * disk.bsize,
        device: `disk:${folder.dev}`,
      };
    },
  };
}

function requireVersion(file: OriginFile, found: Stats): void {
  if (found.size === file.sizeBytes && found.mtimeMs === file.mtimeMs) return;
  throw new ErrnoError("ESTALE", `'${file.path}' has changed since it was listed`);
}

async function* watchLocal(local: LocalAccess, signal: AbortSignal): AsyncGenerator<OriginChanges> {
  await requireFolder(local.root);
  const type = await remoteTypeOf(pathToBytes(local.root));
  if (type !== undefined) throw new Error(`it is on ${type}, which does not tell of changes made elsewhere`);
  try {
    yield* watchInWorker(local, signal);
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === "ENOSPC" ? noWatchesLeft() : error;
  }
}

function noWatchesLeft(): Error {
  return new Error(
    "the system's inotify watches are used up; allow more: sysctl fs.inotify.max_user_watches=1048576",
  );
}

// The folder of a disk that is mounted later may lie behind links already; a root that still has one in it
// would make every file look as if it lay outside.
async function realRoot(folder: string, linksLeft = MAX_LINKS): Promise<string> {
  try {
    return pathFromBytes(await realpath(folder, { encoding: "buffer" }));
  } catch {
    const parent = dirname(folder);
    if (parent === folder) return folder;
    const location = join(await realRoot(parent, linksLeft), basename(folder));
    const target = await readlink(location).catch(() => undefined);
    if (target === undefined || linksLeft === 0) return location;
    return realRoot(resolve(dirname(location), target), linksLeft - 1);
  }
}

async function requireFolder(root: string): Promise<void> {
  const problem = await statPath(pathToBytes(root)).then(
    (found) => (found.isDirectory() ? undefined : "it is not a folder"),
    (error: NodeJS.ErrnoException) => (error.code === "ENOENT" ? "there is no such folder" : error.message),
  );
  if (problem) throw new MusicfsError("MFS_ORIGIN_UNAVAILABLE", `cannot read ${root}: ${problem}`);
}

// Says of a path what a listing would: one that leads through a link, or out of the root, is not there.
async function isInside(
  at: (path: string) => Buffer | string,
  path: string,
  followSymlinks: boolean,
): Promise<boolean> {
  if (path.split("/").includes("..")) return false;
  if (followSymlinks) return true;
  const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  try {
    return Buffer.from(at(folder)).equals(await realpath(at(folder), { encoding: "buffer" }));
  } catch (error) {
    if (isNotThere(error)) return false;
    throw error;
  }
}

async function statFile(
  location: Buffer | string,
  path: string,
  followSymlinks: boolean,
): Promise<OriginFile | undefined> {
  try {
    const found = await (followSymlinks ? statPath(location) : lstat(location));
    return found.isFile() ? originFile(path, found) : undefined;
  } catch (error) {
    if (isNotThere(error)) return undefined;
    throw error;
  }
}

function isNotThere(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
}
