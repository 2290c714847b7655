import type { Logger } from "../logger.js";
import type { Chunker } from "../model/chunker.js";
import { type Blob, BlobGoneError } from "./blob.js";
import { ChunkSharing } from "./chunk-sharing.js";
import type { Counters } from "./counters.js";
import { CuttingQueue } from "./cutting-queue.js";
import { hashOfChunk, heldBytes, Manifest, PAGE_BYTES } from "./manifest.js";
import type { StoreIndex } from "./store-index.js";
import { StoreThread } from "./store-thread.js";

/** What the chunks need of the store that they lie in. */
export interface ChunkStoreOptions {
  readonly chunker: Chunker;
  readonly counters: Counters;
  readonly log: Logger;
  /** The index as it is now: it may be made anew. */
  index(): StoreIndex;
  /** A blob by its id, open; {@link release} it after use. */
  acquireById(id: number): Promise<Blob | undefined>;
  release(blob: Blob): void;
  noteUse(blob: Blob): void;
  /** Removes a blob. @returns `undefined` when it cannot go now. */
  remove(id: number): Promise<number | undefined>;
  /** Makes room for what is written in place of a chunk that lay elsewhere. */
  reserve(bytes: number): Promise<boolean>;
  unreserve(bytes: number): void;
  /** A blob takes so many bytes on the disk now. */
  setStored(blob: Blob, bytes: number): void;
  /** Whether the kernel reads the blob by itself, so that nothing may be punched out of it. */
  isPassedThrough(blob: Blob): boolean;
  failed(error: unknown): void;
}

/** What could not be done because the blob was in use is tried again after this, in milliseconds. */
const RETRY_MS = 5_000;

/**
 * Cuts files that have become whole, and keeps what they share once. It works behind the readers: a file is cut when
 * its origin is quiet, one at a time, in a thread of its own.
 */
export class ChunkStore {
  readonly #use: ChunkStoreOptions;
  readonly #thread = new StoreThread();
  readonly #queue: CuttingQueue;
  readonly #sharing: ChunkSharing;
  readonly #checking = new Set<number>();

  constructor(options: ChunkStoreOptions) {
    this.#use = options;
    this.#queue = new CuttingQueue({ log: options.log, work: (id) => this.#work(id) });
    this.#sharing = new ChunkSharing({
      ...options,
      thread: this.#thread,
      isClosed: () => this.#queue.isClosed,
      check: (blob, manifest) => this.check(blob, manifest),
      retryLater: (id) => this.#queue.add(id, RETRY_MS),
    });
  }

  /** Something was fetched: cutting can wait. */
  noteFetch(): void {
    this.#queue.noteFetch();
  }

  /** A blob has become whole: its file is cut soon. */
  cutLater(id: number): void {
    this.#queue.add(id);
  }

  /**
   * Reads a chunk of a file that is cut, wherever it lies, and compares it with its hash.
   *
   * @returns `undefined` when it is damaged, or gone.
   */
  async read(blob: Blob, manifest: Manifest, chunk: number): Promise<Uint8Array | undefined> {
    try {
      if (blob.borrowed.has(chunk)) {
        return await this.readByHash(manifest.hash(chunk), manifest.range(chunk).lengthBytes);
      }
      const bytes = await blob.readChunk(chunk);
      if (!bytes) this.#use.counters.corruptChunks += 1;
      return bytes;
    } catch (error) {
      if (error instanceof BlobGoneError) throw error;
      // Where the cache's disk fails, the origin is asked.
      this.#use.failed(error);
      return undefined;
    }
  }

  /**
   * Writes a chunk that was damaged or gone; it lies in this blob from then on.
   *
   * @returns whether the bytes are what the manifest says; nothing is written otherwise.
   */
  async mend(blob: Blob, manifest: Manifest, chunk: number, bytes: Uint8Array): Promise<boolean> {
    if (!hashOfChunk(bytes).equals(manifest.hash(chunk))) return false;
    const { index, reserve, unreserve, setStored, failed } = this.#use;
    const room = blob.borrowed.has(chunk) ? bytes.length + 2 * PAGE_BYTES : 0;
    if (!(await reserve(room).catch(() => false))) return true;
    try {
      await blob.writeChunk(chunk, bytes);
      index().transaction(() => {
        index().chunks.giveBack(blob.id, manifest, chunk);
        index().chunks.put(blob.id, manifest, chunk);
      });
      setStored(blob, heldBytes(manifest, blob.borrowed));
    } catch (error) {
      if (!blob.isGone) failed(error);
    } finally {
      unreserve(room);
    }
    return true;
  }

  /** Compares all chunks that lie in a blob, in the background, so that it can pass through at its next open. */
  checkLater(blob: Blob): void {
    const { manifest } = blob;
    if (!manifest || this.#checking.has(blob.id) || blob.checked.isFull || blob.borrowed.size > 0) return;
    this.#checking.add(blob.id);
    this.check(blob, manifest)
      .catch(() => undefined)
      .finally(() => this.#checking.delete(blob.id));
  }

  /** Compares all chunks that lie in a blob. @returns those that are wrong. */
  async check(blob: Blob, manifest: Manifest): Promise<readonly number[]> {
    const except = [...blob.borrowed];
    blob.users += 1;
    try {
      const { wrong } = await this.#thread.run({
        kind: "check",
        fd: blob.fd,
        manifest: manifest.bytes,
        except,
      });
      if (blob.isGone) return [];
      if (blob.wasTouched) blob.distrust();
      else blob.noteAllGood(new Set(wrong));
      return wrong;
    } finally {
      blob.users -= 1;
    }
  }

  /** Ends the thread; what is not cut yet is cut in the next run. */
  async close(): Promise<void> {
    this.#queue.close();
    await this.#thread.end();
    await this.#queue.ended();
  }

  /** Reads a chunk wherever it lies, and compares it with its hash. @returns `undefined` when it is damaged, or gone. */
  async readByHash(hash: Uint8Array, lengthBytes: number): Promise<Uint8Array | undefined> {
    const { index, acquireById, release } = this.#use;
    const place = index().chunks.placeOf(hash);
    const holder = place && (await acquireById(place.blobId));
    if (!holder) return undefined;
    try {
      const bytes = await holder.readHashed(place.offsetBytes, lengthBytes, hash);
      if (!bytes) this.#use.counters.corruptChunks += 1;
      this.#use.noteUse(holder);
      return bytes;
    } finally {
      release(holder);
    }
  }

  async #work(id: number): Promise<void> {
    const { acquireById, release } = this.#use;
    const blob = await acquireById(id);
    if (!blob) return;
    try {
      if (!blob.manifest) await this.#cut(blob);
      if (blob.manifest && !this.#queue.isClosed) await this.#sharing.share(blob, blob.manifest);
    } finally {
      release(blob);
    }
  }

  async #cut(blob: Blob): Promise<void> {
    const { chunker, index } = this.#use;
    if (!blob.isWhole) return;
    const { manifest: bytes, wrong } = await this.#thread.run({
      kind: "cut",
      fd: blob.fd,
      sizeBytes: blob.sizeBytes,
      sums: blob.sums,
      chunker: chunker.source,
    });
    if (blob.isGone || this.#queue.isClosed) return;
    // What is damaged already is found when it is read, dropped, fetched again, and the file cut then.
    if (wrong.length > 0 || blob.wasTouched || !blob.isWhole) {
      blob.distrust();
      return;
    }
    const manifest = new Manifest(bytes);
    index().transaction(() => index().chunks.saveCut(blob.id, chunker.id, manifest));
    blob.setManifest(manifest);
  }
}
