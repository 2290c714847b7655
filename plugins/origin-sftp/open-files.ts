import { OriginError, type OriginFile } from "musicfs";
import { originErrorOf } from "./errors.js";
import { requireType, resolveOn, type Session } from "./session.js";
import type { Attributes } from "./wire/fields.js";
import { ANSWER, OPEN_FOR_READING, REQUEST } from "./wire/protocol.js";

/** Files of one session that are kept open. OpenSSH's server has descriptors for about a thousand. */
const MAX_OPEN = 64;

interface OpenFile {
  readonly handle: Promise<Buffer>;
  readers: number;
  isDropped: boolean;
}

/**
 * Files that are open on the server, each in the version that its reader listed: a second range of one takes one
 * round trip instead of two.
 */
export class OpenFiles {
  readonly #session: Session;
  readonly #followSymlinks: boolean;
  /** By version, the ones that were used last at the end. */
  readonly #files = new Map<string, OpenFile>();

  constructor(session: Session, followSymlinks: boolean) {
    this.#session = session;
    this.#followSymlinks = followSymlinks;
  }

  /** Gives `use` the handle of a file that is of the version wanted as far as can be told before it is read. */
  async use<T>(file: OriginFile, use: (handle: Buffer) => Promise<T>): Promise<T> {
    const key = `${file.sizeBytes}:${file.mtimeMs}:${file.path}`;
    const open = this.#take(key, file);
    open.readers++;
    try {
      return await use(await open.handle);
    } catch (error) {
      this.#drop(key, open);
      throw error;
    } finally {
      open.readers--;
      if (open.isDropped) this.#close(open);
      else this.#trim();
    }
  }

  /** Closes all that nobody reads. */
  closeIdle(): void {
    for (const [key, open] of this.#files) if (open.readers === 0) this.#drop(key, open);
  }

  #take(key: string, file: OriginFile): OpenFile {
    const open = this.#files.get(key) ?? { handle: this.#open(file), readers: 0, isDropped: false };
    this.#files.delete(key);
    this.#files.set(key, open);
    return open;
  }

  async #open(file: OriginFile): Promise<Buffer> {
    const { channel } = this.#session;
    const path = this.#session.locate(file.path);
    // One round trip for both: where the path really leads is asked for beside opening it.
    const [real, opened] = await Promise.allSettled([
      this.#followSymlinks ? path : resolveOn(channel, path),
      channel.request(REQUEST.open, path, OPEN_FOR_READING, 0),
    ]);
    if (opened.status === "rejected") throw originErrorOf(opened.reason, file.path);
    requireType(opened.value.type, ANSWER.handle);
    const handle = Buffer.from(opened.value.fields.bytes());
    if (real.status === "fulfilled" && real.value.equals(path)) return handle;
    this.#closeHandle(handle);
    if (real.status === "rejected") throw originErrorOf(real.reason, file.path);
    throw new OriginError("missing", `'${file.path}' leads through a symbolic link, which is not followed`);
  }

  #trim(): void {
    for (const [key, open] of this.#files) {
      if (this.#files.size <= MAX_OPEN) return;
      if (open.readers === 0) this.#drop(key, open);
    }
  }

  #drop(key: string, open: OpenFile): void {
    if (this.#files.get(key) === open) this.#files.delete(key);
    if (open.isDropped) return;
    open.isDropped = true;
    if (open.readers === 0) this.#close(open);
  }

  #close(open: OpenFile): void {
    if (open.readers > 0) return;
    void open.handle.then(
      (handle) => this.#closeHandle(handle),
      () => undefined,
    );
  }

  #closeHandle(handle: Buffer): void {
    this.#session.channel.request(REQUEST.close, handle).catch(() => undefined);
  }
}

/** @throws OriginError `changed` unless the server tells of the file what its listing told. */
export function requireVersion(file: OriginFile, found: Attributes): void {
  if (found.sizeBytes === file.sizeBytes && (found.mtimeSeconds ?? 0) * 1000 === file.mtimeMs) return;
  throw new OriginError("changed", `'${file.path}' has changed since it was listed`);
}
