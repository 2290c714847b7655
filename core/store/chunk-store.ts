import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import type { Chunker } from "../model/chunker.js";
import { type Blob, BlobGoneError } from "./blob.js";
import { CHUNK_SLICE } from "./chunk-table.js";
import type { Counters } from "./counters.js";
import { hashOfChunk, Manifest } from "./manifest.js";
import type { FileVersion, StoreIndex } from "./store-index.js";
import type { SharedChunk } from "./store-messages.js";
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

/** A file is cut when nothing was fetched for so long, or it has waited for so long, in milliseconds. */
const QUIET_MS = 400;
const PATIENCE_MS = 5_000;
/** What could not be done because the blob was in use is tried again after this, in milliseconds. */
const RETRY_MS = 5_000;
/** Less than this is not worth a hole. */
const WORTHWHILE_BYTES = 64 * 1024;
/** A disk gives back whole pages only. */
const PAGE_BYTES = 4096;

interface Waiting {
  readonly id: number;
  readonly sinceMs: number;
  /** Not before this. */
  readonly fromMs: number;
}

/**
 * Cuts files that have become whole, and keeps what they share once. It works behind the readers: a file is cut when
 * its origin is quiet, one at a time, in a thread of its own.
 */
export class ChunkStore {
  readonly #use: ChunkStoreOptions;
  readonly #thread = new StoreThread();
  readonly #queue: Waiting[] = [];
  readonly #checking = new Set<number>();
  #fetchedMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #canPunch = true;
  #isClosed = false;

  constructor(options: ChunkStoreOptions) {
    this.#use = options;
  }

  /** Something was fetched: cutting can wait. */
  noteFetch(): void {
    this.#fetchedMs = performance.now();
  }

  /** A blob has become whole: its file is cut soon. */
  cutLater(id: number, afterMs = 0): void {
    if (this.#queue.some((waiting) => waiting.id === id)) return;
    const nowMs = performance.now();
    this.#queue.push({ id, sinceMs: nowMs, fromMs: nowMs + afterMs });
    this.#schedule();
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
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#queue.length = 0;
    await this.#thread.end();
    await this.#working;
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

  #schedule(): void {
    if (this.#isClosed || this.#working || this.#queue.length === 0) return;
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    const waitMs = Math.min(
      ...this.#queue.map(({ sinceMs, fromMs }) =>
        Math.max(fromMs - nowMs, Math.min(this.#fetchedMs + QUIET_MS, sinceMs + PATIENCE_MS) - nowMs),
      ),
    );
    this.#timer = setTimeout(() => this.#begin(), Math.max(0, waitMs)).unref();
  }

  #begin(): void {
    const nowMs = performance.now();
    const isQuiet = nowMs - this.#fetchedMs >= QUIET_MS;
    const index = this.#queue.findIndex(
      ({ sinceMs, fromMs }) => nowMs >= fromMs && (isQuiet || nowMs - sinceMs >= PATIENCE_MS),
    );
    const [next] = index < 0 ? [] : this.#queue.splice(index, 1);
    if (!next) {
      this.#schedule();
      return;
    }
    this.#working = this.#work(next.id)
      .catch((error) => {
        if (!this.#isClosed) this.#use.log.warn(`a cached file could not be cut: ${messageOf(error)}`);
      })
      .finally(() => {
        this.#working = undefined;
        this.#schedule();
      });
  }

  async #work(id: number): Promise<void> {
    const { acquireById, release } = this.#use;
    const blob = await acquireById(id);
    if (!blob) return;
    try {
      if (!blob.manifest) await this.#cut(blob);
      if (blob.manifest && !this.#isClosed) await this.#share(blob, blob.manifest);
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
    if (blob.isGone || this.#isClosed) return;
    // What is damaged already is found when it is read, dropped, fetched again, and the file cut then.
    if (wrong.length > 0 || blob.wasTouched || !blob.isWhole) {
      blob.distrust();
      return;
    }
    const manifest = new Manifest(bytes);
    index().transaction(() => index().chunks.saveCut(blob.id, chunker.id, manifest));
    blob.setManifest(manifest);
  }

  // Keeps what other blobs have too only once.
  async #share(blob: Blob, manifest: Manifest): Promise<void> {
    if (this.#isClosed || blob.isGone) return;
    if (await this.#mergeWithTwin(blob, manifest)) return;
    const shared = await this.#addChunks(blob, manifest);
    const bytes = shared.reduce((sum, chunk) => sum + manifest.range(chunk).lengthBytes, 0);
    if (bytes >= WORTHWHILE_BYTES && this.#canPunch) await this.#punch(blob, manifest, shared);
  }

  /** @returns whether another blob stands for all that this one stood for. */
  async #mergeWithTwin(blob: Blob, manifest: Manifest): Promise<boolean> {
    const { index, acquireById, release, remove, isPassedThrough } = this.#use;
    const twinId = index().chunks.twinOf(blob.id, manifest);
    if (twinId === undefined) return false;
    if (blob.users > 1 || isPassedThrough(blob)) {
      this.cutLater(blob.id, RETRY_MS);
      return true;
    }
    const twin = await acquireById(twinId);
    if (!twin?.manifest) {
      if (twin) release(twin);
      return false;
    }
    try {
      if ((await this.check(twin, twin.manifest)).length > 0 || twin.isGone || blob.isGone) return false;
      index().transaction(() => index().moveVersions(blob.id, twinId));
      await remove(blob.id);
      return true;
    } finally {
      release(twin);
    }
  }

  /** Enters the blob's chunks. @returns those that lie in other blobs already. */
  async #addChunks(blob: Blob, manifest: Manifest): Promise<number[]> {
    const { index } = this.#use;
    const superseded = this.#supersededBy(blob);
    const shared: number[] = [];
    for (let from = 0; from < manifest.count; from += CHUNK_SLICE) {
      if (this.#isClosed || blob.isGone) return [];
      index().transaction(() => {
        for (let chunk = from; chunk < Math.min(manifest.count, from + CHUNK_SLICE); chunk += 1) {
          const holder = index().chunks.placeOf(manifest.hash(chunk))?.blobId;
          if (holder === undefined || holder === blob.id || superseded.has(holder)) {
            if (holder !== blob.id) index().chunks.put(blob.id, manifest, chunk);
          } else if (!blob.borrowed.has(chunk)) shared.push(chunk);
        }
      });
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const id of superseded) await this.#use.remove(id);
    return shared;
  }

  /** Blobs of older versions of the very files that this blob holds: their chunks are its own from now on. */
  #supersededBy(blob: Blob): ReadonlySet<number> {
    const { index } = this.#use;
    const versions = index().versionsOf(blob.id);
    const places = new Set(versions.map(placeOf));
    const others = versions
      .flatMap(({ originId, file }) => index().blobsOf(originId, file.path))
      .filter(
        (id) =>
          id < blob.id &&
          index()
            .versionsOf(id)
            .every((version) => places.has(placeOf(version))),
      );
    return new Set(others);
  }

  async #punch(blob: Blob, manifest: Manifest, chunks: readonly number[]): Promise<void> {
    const { index, release, setStored, isPassedThrough } = this.#use;
    const before = blob.borrowed;
    const after = new Set([...before, ...chunks]);
    const links = blob.setBorrowed(after);
    blob.republish(links);
    if (isPassedThrough(blob)) {
      this.#takeBack(blob, before);
      this.cutLater(blob.id, RETRY_MS);
      return;
    }
    const holders: Blob[] = [];
    try {
      const shared = await this.#locate(blob, manifest, chunks, holders);
      index().transaction(() => {
        for (const { chunk } of shared) index().chunks.borrow(blob.id, manifest, chunk);
      });
      const { isPossible, good } = await blob.whileChanging(() =>
        this.#thread.run({ kind: "punch", fd: blob.fd, shared }),
      );
      this.#canPunch = isPossible;
      if (blob.isGone) return;
      this.#takeBack(blob, new Set([...before, ...good]));
      const kept = shared.map(({ chunk }) => chunk).filter((chunk) => !good.includes(chunk));
      index().transaction(() => {
        for (const chunk of kept) index().chunks.giveBack(blob.id, manifest, chunk);
      });
      setStored(blob, heldBytes(manifest, blob.borrowed));
    } finally {
      for (const holder of holders) release(holder);
    }
  }

  // What was not punched out lies here as it was; it is compared again when it is read.
  #takeBack(blob: Blob, borrowed: ReadonlySet<number>): void {
    blob.republish(blob.setBorrowed(borrowed));
  }

  async #locate(
    blob: Blob,
    manifest: Manifest,
    chunks: readonly number[],
    holders: Blob[],
  ): Promise<SharedChunk[]> {
    const { index, acquireById } = this.#use;
    const open = new Map<number, Blob>();
    const shared: SharedChunk[] = [];
    for (const chunk of chunks) {
      const hash = manifest.hash(chunk);
      const place = index().chunks.placeOf(hash);
      if (!place || place.blobId === blob.id) continue;
      let holder = open.get(place.blobId);
      if (!holder) {
        holder = await acquireById(place.blobId);
        if (!holder) continue;
        open.set(place.blobId, holder);
        holders.push(holder);
      }
      shared.push({
        chunk,
        ...manifest.range(chunk),
        hash,
        holderFd: holder.fd,
        holderOffsetBytes: place.offsetBytes,
      });
    }
    return shared;
  }
}

/** Bytes that a file takes on the disk of which some chunks lie elsewhere: only whole pages of those are given back. */
export function heldBytes(manifest: Manifest, borrowed: ReadonlySet<number>): number {
  let held = manifest.sizeBytes;
  let from = -1;
  for (let chunk = 0; chunk <= manifest.count; chunk += 1) {
    if (chunk < manifest.count && borrowed.has(chunk)) {
      if (from < 0) from = manifest.range(chunk).offsetBytes;
    } else if (from >= 0) {
      const to = chunk < manifest.count ? manifest.range(chunk).offsetBytes : manifest.sizeBytes;
      held -= Math.max(
        0,
        Math.floor(to / PAGE_BYTES) * PAGE_BYTES - Math.ceil(from / PAGE_BYTES) * PAGE_BYTES,
      );
      from = -1;
    }
  }
  return held;
}

function placeOf({ originId, file }: FileVersion): string {
  return JSON.stringify([originId, file.path]);
}
