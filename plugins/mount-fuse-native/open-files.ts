import { closeSync, fstatSync, read as readFile } from "node:fs";
import type { MountSession } from "musicfs";
import { ErrnoError, type NodeAttributes, type OpenedFile, type Vfs } from "musicfs/vfs";
import { Accesses } from "./accesses.js";
import type { KernelMemory } from "./kernel-memory.js";
import type { Tree } from "./tree.js";

// `fuse-native` takes handles for signed 32-bit numbers, and 0 for none.
const LAST_HANDLE = 0x7fff_ffff;

type Session = Pick<MountSession, "late" | "accessed">;

/** One version of a file that is open, by one or many handles. */
interface Content {
  readonly path: string;
  readonly node: NodeAttributes;
  /** Where it lies on this disk; absent where the origin has to be asked. */
  readonly fd: number | undefined;
  /** Aborts reads that wait for the origin. */
  readonly closing: AbortController;
  handles: number;
}

/**
 * The files that are open.
 *
 * For libfuse 2 a path is one inode with one page cache, whatever content stands behind it. So that no reader
 * gets a mix of two versions, a path shows one version for as long as anybody has it open.
 */
export class OpenFiles {
  readonly #vfs: Vfs;
  readonly #tree: Tree;
  readonly #late: Session["late"];
  readonly #memory: KernelMemory;
  readonly #accesses: Accesses;
  readonly #byHandle = new Map<number, Content>();
  readonly #byPath = new Map<string, Content>();
  #lastHandle = 0;

  constructor(vfs: Vfs, tree: Tree, { late, accessed }: Session, memory: KernelMemory) {
    this.#vfs = vfs;
    this.#tree = tree;
    this.#late = late;
    this.#accesses = new Accesses(accessed);
    this.#memory = memory;
  }

  get count(): number {
    return this.#byHandle.size;
  }

  /** The version that `path` shows because it is open. */
  shownAt(path: string): NodeAttributes | undefined {
    return this.#byPath.get(path)?.node;
  }

  /** @throws ErrnoError ESTALE makes the kernel look the path up again, and then open what it found. */
  async open(path: string): Promise<number> {
    const content = this.#byPath.get(path) ?? (await this.#openContent(path));
    content.handles += 1;
    const handle = this.#freeHandle();
    this.#byHandle.set(handle, content);
    this.#accesses.begin(handle);
    return handle;
  }

  /** @returns how many bytes stand in `buffer`: fewer than asked for only where the file ends. */
  async read(handle: number, buffer: Buffer, lengthBytes: number, offsetBytes: number): Promise<number> {
    const content = this.#byHandle.get(handle);
    if (!content) throw new ErrnoError("EBADF");
    const wanted = Math.min(lengthBytes, content.node.sizeBytes - offsetBytes);
    if (wanted <= 0) return 0;
    const count = await (content.fd === undefined
      ? this.#readLate(content, buffer, wanted, offsetBytes)
      : readLocal(content.node, content.fd, buffer, wanted, offsetBytes));
    this.#accesses.copied(handle, count);
    return count;
  }

  release(handle: number): void {
    const content = this.#byHandle.get(handle);
    this.#byHandle.delete(handle);
    if (!content) return;
    this.#accesses.end(handle, content.node);
    content.handles -= 1;
    if (content.handles === 0) this.#close(content);
  }

  /** Makes reads that wait for an origin fail. */
  abortReads(): void {
    for (const content of this.#byPath.values()) content.closing.abort();
  }

  close(): void {
    for (const handle of [...this.#byHandle.keys()]) this.release(handle);
    for (const content of [...this.#byPath.values()]) this.#close(content);
  }

  async #openContent(path: string, mayRefresh = true): Promise<Content> {
    const node = await this.#tree.resolve(path);
    const shown = this.#byPath.get(path);
    if (shown) return shown;
    if (this.#memory.contradicts(path, node)) throw new ErrnoError("ESTALE");
    const opened = this.#vfs.open(node.ino, node.revision);
    if (opened.kind !== "changed") return this.#keep(path, node, opened);
    if (!mayRefresh) throw new ErrnoError("ESTALE");
    await this.#late.refresh(node.ino);
    return this.#openContent(path, false);
  }

  #keep(path: string, node: NodeAttributes, opened: OpenedFile): Content {
    const fd = opened.kind === "local" ? opened.fd : undefined;
    const content = { path, node, fd, closing: new AbortController(), handles: 0 };
    this.#byPath.set(path, content);
    return content;
  }

  async #readLate(
    content: Content,
    buffer: Buffer,
    lengthBytes: number,
    offsetBytes: number,
  ): Promise<number> {
    const { node, closing } = content;
    return this.#late.read(node.ino, node.revision, offsetBytes, lengthBytes, closing.signal, (bytes) => {
      buffer.set(bytes.subarray(0, lengthBytes));
      return Math.min(bytes.length, lengthBytes);
    });
  }

  #close(content: Content): void {
    content.closing.abort();
    if (content.fd !== undefined) closeSync(content.fd);
    this.#byPath.delete(content.path);
  }

  #freeHandle(): number {
    do this.#lastHandle = this.#lastHandle === LAST_HANDLE ? 1 : this.#lastHandle + 1;
    while (this.#byHandle.has(this.#lastHandle));
    return this.#lastHandle;
  }
}

async function readLocal(
  node: NodeAttributes,
  fd: number,
  buffer: Buffer,
  lengthBytes: number,
  offsetBytes: number,
): Promise<number> {
  const count = await readAll(fd, buffer, lengthBytes, offsetBytes);
  // Asked after the read: a file that is written over in place must not give bytes of two versions.
  const { size, mtimeMs } = fstatSync(fd);
  if (size !== node.sizeBytes || mtimeMs !== node.mtimeMs) throw new ErrnoError("ESTALE");
  return count;
}

async function readAll(
  fd: number,
  buffer: Buffer,
  lengthBytes: number,
  offsetBytes: number,
): Promise<number> {
  for (let done = 0; done < lengthBytes; ) {
    const count = await readOnce(fd, buffer, done, lengthBytes - done, offsetBytes + done);
    if (count === 0) return done;
    done += count;
  }
  return lengthBytes;
}

function readOnce(
  fd: number,
  buffer: Buffer,
  at: number,
  lengthBytes: number,
  position: number,
): Promise<number> {
  return new Promise((resolve, reject) => {
    readFile(fd, buffer, at, lengthBytes, position, (error, count) =>
      error ? reject(error) : resolve(count),
    );
  });
}
