import {
  close,
  constants,
  fdatasync,
  fstat,
  fstatSync,
  ftruncate,
  lstatSync,
  mkdir,
  open,
  read,
  statfsSync,
  unlink,
  write,
} from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

const openFile = promisify(open);
const closeFile = promisify(close);
const truncateFile = promisify(ftruncate);
const makeFolder = promisify(mkdir);
const unlinkFile = promisify(unlink);
const statFile = promisify(fstat);
const syncFile = promisify(fdatasync);

/** Folders that the blobs are spread over, so that none gets too many files. */
const SHARDS = 256;

/** When a file was last changed, whatever changed it (`ctime`): what the FUSE workers compare, too. */
export interface ChangeTime {
  readonly seconds: number;
  readonly nanoseconds: number;
}

/** The files that blobs lie in: opens, reads, writes and removes them. Waits for no disk on the calling thread. */
export class BlobFiles {
  readonly folder: string;

  /** @param folder exists, and is this user's alone. */
  constructor(folder: string) {
    this.folder = folder;
  }

  pathOf(id: number): string {
    return join(this.folder, (id % SHARDS).toString(16).padStart(2, "0"), String(id));
  }

  /** Opens a blob that is there. @throws the system's error, ENOENT among them; ELOOP for a link. */
  open(id: number): Promise<number> {
    return openFile(this.pathOf(id), constants.O_RDWR | constants.O_NOFOLLOW, 0o600);
  }

  /**
   * Makes an empty blob of the right size, in place of whatever is left there of an earlier index: that file itself is not
   * touched, since the kernel may go on reading it by itself.
   */
  async create(id: number, sizeBytes: number): Promise<number> {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
    const path = this.pathOf(id);
    const fd = await openFile(path, flags, 0o600).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") await this.#makeShard(id);
      else if (error.code === "EEXIST") await this.remove(id);
      else throw error;
      return openFile(path, flags, 0o600);
    });
    try {
      await truncateFile(fd, sizeBytes);
      return fd;
    } catch (error) {
      await closeFile(fd);
      throw error;
    }
  }

  async remove(id: number): Promise<void> {
    await unlinkFile(this.pathOf(id)).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
  }

  /** Bytes that this user can still write on the disk of the blobs. */
  freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.folder);
    return bavail * bsize;
  }

  // A folder that was swapped for a link is not made use of.
  async #makeShard(id: number): Promise<void> {
    if (!lstatSync(this.folder).isDirectory())
      throw Object.assign(new Error("not a folder"), { code: "ENOTDIR" });
    await makeFolder(join(this.pathOf(id), ".."), { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      // Another blob of the same one may have come first.
      if (error.code !== "EEXIST") throw error;
    });
  }
}

/** Gives back a blob's space at once, though readers may still hold it open. */
export function emptyFile(fd: number): Promise<void> {
  return truncateFile(fd, 0);
}

export { closeFile, openFile, syncFile };

export async function sizeOfFile(fd: number): Promise<number> {
  return (await statFile(fd)).size;
}

/** Asks what the system keeps in memory of an open file: nothing is waited for. */
export function changeTimeOf(fd: number): ChangeTime {
  const { ctimeNs } = fstatSync(fd, { bigint: true });
  return { seconds: Number(ctimeNs / 1_000_000_000n), nanoseconds: Number(ctimeNs % 1_000_000_000n) };
}

/** Fills `target` from the file. @returns how many bytes there were: fewer only where the file ends. */
export async function readFully(fd: number, target: Uint8Array, offsetBytes: number): Promise<number> {
  let done = 0;
  while (done < target.length) {
    const count = await readOnce(fd, target, done, offsetBytes + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

export async function writeFully(fd: number, bytes: Uint8Array, offsetBytes: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) done += await writeOnce(fd, bytes, done, offsetBytes + done);
}

function readOnce(fd: number, target: Uint8Array, at: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, target, at, target.length - at, position, (error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
}

function writeOnce(fd: number, bytes: Uint8Array, at: number, position: number): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, bytes, at, bytes.length - at, position, (error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
}
