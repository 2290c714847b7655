import type { MountSession, MountStatistics } from "musicfs";
import {
  ERRNO,
  ErrnoError,
  errnoOf,
  NAME_MAX_BYTES,
  type NodeAttributes,
  type NodeKind,
  type Vfs,
} from "musicfs/vfs";
import type { Callback, NativeStat, NativeStatfs, ReadOperations } from "./fuse-native.js";
import { KernelMemory } from "./kernel-memory.js";
import { OpenFiles } from "./open-files.js";
import { Tree } from "./tree.js";

/** Whose the files are, and who may read them. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
  readonly umask: number;
}

/** How long the kernel may keep names and attributes, in seconds. It cannot be told of a change. */
export const KERNEL_CACHE_SECONDS = 1;

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const O_ACCMODE = 3;
const STATFS_BLOCK_BYTES = 4096;
const PREFERRED_IO_BYTES = 128 * 1024;
const READDIR_PAGE = 2000;
const WRITING = [
  ...["create", "write", "truncate", "ftruncate", "mkdir", "unlink", "rmdir", "rename", "chmod", "chown"],
  ...["utimens", "link", "symlink", "mknod", "setxattr", "removexattr"],
];

/** Answers libfuse's requests from the VFS, on the main thread. */
export class Operations {
  readonly #vfs: Vfs;
  readonly #tree: Tree;
  readonly #ownership: Ownership;
  readonly #memory = new KernelMemory(KERNEL_CACHE_SECONDS);
  readonly #files: OpenFiles;
  readonly #requests: Record<string, number> = {};
  #copiedBytes = 0;
  #running = 0;
  #isDraining = false;

  constructor(session: Pick<MountSession, "late" | "accessed">, vfs: Vfs, ownership: Ownership) {
    this.#vfs = vfs;
    this.#ownership = ownership;
    this.#tree = new Tree(vfs, session.late);
    this.#files = new OpenFiles(vfs, this.#tree, session, this.#memory);
  }

  /** Requests that are not answered yet. */
  get running(): number {
    return this.#running;
  }

  /** What `fuse-native` is given. */
  handlers(): ReadOperations & Record<string, unknown> {
    return {
      ...Object.fromEntries(WRITING.map((name) => [name, this.#refusal(name)])),
      getattr: (path, answer) => this.#answer("getattr", answer, async () => [0, await this.#getattr(path)]),
      readdir: (path, answer) =>
        this.#answer("readdir", answer, async () => [0, ...(await this.#readdir(path))]),
      readlink: (path, answer) =>
        this.#answer("readlink", answer, async () => [0, await this.#readlink(path)]),
      open: (path, flags, answer) =>
        this.#answer("open", answer, async () => [0, await this.#open(path, flags)]),
      read: (_path, handle, buffer, lengthBytes, offsetBytes, answer) =>
        this.#answer("read", answer, async () => [
          await this.#read(handle, buffer, lengthBytes, offsetBytes),
        ]),
      release: (_path, handle, answer) =>
        this.#answer("release", answer, async () => {
          this.#files.release(handle);
          return [0];
        }),
      statfs: (_path, answer) => this.#answer("statfs", answer, async () => [0, this.#statfs()]),
    };
  }

  statistics(): MountStatistics {
    return {
      requests: { ...this.#requests },
      copiedBytes: this.#copiedBytes,
      passthroughOpens: 0,
      passthroughBytes: 0,
      passthroughFailures: 0,
      openFiles: this.#files.count,
    };
  }

  /** Refuses requests from now on, apart from closes; those that run may finish. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Makes requests that wait for an origin or a lookup fail. */
  abortWaiting(): void {
    this.#tree.abort();
    this.#files.abortReads();
  }

  close(): void {
    this.#files.close();
  }

  #answer<Answer extends unknown[]>(
    name: string,
    answer: Callback<Answer | []>,
    run: () => Promise<[number, ...Answer]>,
  ): void {
    this.#requests[name] = (this.#requests[name] ?? 0) + 1;
    if (this.#isDraining && name !== "release") {
      answer(-ERRNO.ENOTCONN);
      return;
    }
    this.#running += 1;
    run().then(
      (result) => {
        this.#running -= 1;
        answer(...result);
      },
      (error) => {
        this.#running -= 1;
        answer(-errnoOf(error));
      },
    );
  }

  #refusal(name: string): (...request: unknown[]) => void {
    return (...request) =>
      this.#answer(name, request.at(-1) as Callback, async () => {
        throw new ErrnoError("EROFS");
      });
  }

  async #getattr(path: string): Promise<NativeStat> {
    const node = this.#files.shownAt(path) ?? (await this.#tree.resolve(path));
    if (node.kind === "file") this.#memory.tell(path, node);
    return statOf(node, this.#ownership);
  }

  // libfuse takes a directory as a whole.
  async #readdir(path: string): Promise<[string[], NativeStat[]]> {
    const { ino } = await this.#tree.resolve(path);
    const names = [".", ".."];
    const stats = [ino, this.#vfs.parentOf(ino)].map((of) => this.#directoryStat(of));
    for (let cookie = 0; ; await otherRequests()) {
      const page = this.#vfs.readdir(ino, cookie, READDIR_PAGE);
      for (const entry of page) {
        names.push(entry.name);
        stats.push(statOf(entry, this.#ownership));
      }
      if (page.length < READDIR_PAGE) return [names, stats];
      cookie = page.at(-1)?.cookie ?? cookie;
    }
  }

  async #readlink(path: string): Promise<string> {
    return this.#vfs.readlink((await this.#tree.resolve(path)).ino);
  }

  #directoryStat(ino: number): NativeStat {
    const node = this.#vfs.getattr(ino);
    if (!node) throw new ErrnoError("ENOENT");
    return statOf(node, this.#ownership);
  }

  async #open(path: string, flags: number): Promise<number> {
    if ((flags & O_ACCMODE) !== 0) throw new ErrnoError("EROFS");
    return this.#files.open(path);
  }

  async #read(handle: number, buffer: Buffer, lengthBytes: number, offsetBytes: number): Promise<number> {
    const count = await this.#files.read(handle, buffer, lengthBytes, offsetBytes);
    this.#copiedBytes += count;
    return count;
  }

  // The numbers are cut to 32 bits on their way, so what is larger than 16 TiB is counted in larger blocks.
  #statfs(): NativeStatfs {
    const { totalBytes, freeBytes, files } = this.#vfs.statfs();
    let blockBytes = STATFS_BLOCK_BYTES;
    while (totalBytes / blockBytes > 0xffff_ffff) blockBytes *= 2;
    const free = Math.floor(freeBytes / blockBytes);
    return {
      bsize: blockBytes,
      frsize: blockBytes,
      blocks: Math.ceil(totalBytes / blockBytes),
      bfree: free,
      bavail: free,
      files,
      ffree: 0,
      favail: 0,
      namemax: NAME_MAX_BYTES,
    };
  }
}

function otherRequests(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

// Times before 1970 can't be handed over: they are shown as 1970. The link count of directories is 1, which
// says "unknown" to what would otherwise count subdirectories by it (find, fts).
function statOf(node: NodeAttributes, { uid, gid, umask }: Ownership): NativeStat {
  const mtime = Math.max(0, node.mtimeMs);
  return {
    mode: modeOf(node.kind, umask),
    uid,
    gid,
    size: node.sizeBytes,
    nlink: 1,
    ino: node.ino,
    blksize: PREFERRED_IO_BYTES,
    blocks: Math.ceil(node.sizeBytes / 512),
    atime: mtime,
    mtime,
    ctime: mtime,
  };
}

// What a link allows is what its target does: every system shows 0777.
function modeOf(kind: NodeKind, umask: number): number {
  if (kind === "link") return S_IFLNK | 0o777;
  return (kind === "directory" ? S_IFDIR | 0o555 : S_IFREG | 0o444) & ~umask;
}
