import { statSync } from "node:fs";
import { join } from "node:path";
import type { CacheEviction, CorruptionRepair } from "../hooks.js";
import type { Logger } from "../logger.js";
import type { CachePolicy } from "../model/cache-policy.js";
import type { Chunker } from "../model/chunker.js";
import { makePrivateFolder } from "../private-folder.js";
import { Blob, type BlobLink } from "./blob.js";
import { BlobFiles, closeFile, emptyFile, sizeOfFile } from "./blob-files.js";
import { BlobPublisher } from "./blob-table.js";
import { BLOCK_BYTES } from "./block-set.js";
import { ChunkStore } from "./chunk-store.js";
import { Counters } from "./counters.js";
import { Evictor } from "./evictor.js";
import { Flusher } from "./flusher.js";
import { checkFormat } from "./format.js";
import { StoreHealth } from "./health.js";
import { Manifest } from "./manifest.js";
import { Room } from "./room.js";
import type { Removal } from "./store.js";
import {
  type FileVersion,
  isIndexDamaged,
  openStoreIndex,
  removeIndex,
  type StoreIndex,
  WAL_LIMIT_BYTES,
} from "./store-index.js";
import { sweepBlobs } from "./sweep.js";

export interface ContentStoreOptions {
  /** Where the store lies; made when it is missing. */
  readonly folder: string;
  /** Names the library whose files are kept; see {@link checkFormat}. */
  readonly library: string;
  readonly policy: CachePolicy;
  readonly chunker: Chunker;
  /** Memory of the table that the FUSE workers read. */
  readonly table: SharedArrayBuffer;
  readonly log: Logger;
  /** Aborts when the daemon stops. */
  readonly signal: AbortSignal;
  /** Whether a file is pinned: kept whatever the policy says. */
  isPinned(version: FileVersion): boolean;
  /** Whether the kernel reads an inode's blob by itself at this moment. */
  isPassedThrough(ino: number, revision: number): boolean;
  /** A file left the cache because room was needed, or the policy wanted it. */
  onEvicted(eviction: CacheEviction): void;
  /** A piece of a file was not what its sum says, and was dropped. */
  onCorrupt(repair: CorruptionRepair): void;
}

/** Blobs that are open at once, each with a descriptor. */
const MAX_OPEN = 512;
/** A descriptor is closed this long after its blob was taken away from the workers, which may be about to use it. */
const CLOSE_AFTER_MS = 2_000;
const TICK_MS = 1_000;
/** How often the index is told when blobs were used, and the policy asked for what has expired, in milliseconds. */
const SLOW_TICK_MS = 60_000;

/**
 * The blobs on the cache's disk: opens, fills, reads, flushes and evicts them. Main thread only. It knows no origin:
 * whoever misses bytes fetches them, and puts them here.
 */
export class ContentStore {
  readonly counters = new Counters();
  readonly health: StoreHealth;
  readonly room: Room;
  readonly chunks: ChunkStore;
  readonly evictor: Evictor;
  readonly #options: ContentStoreOptions;
  readonly #files: BlobFiles;
  readonly #flusher: Flusher;
  readonly #table: BlobPublisher;
  readonly #open = new Map<number, Blob>();
  readonly #opening = new Map<number, Promise<Blob | undefined>>();
  readonly #closing = new Set<NodeJS.Timeout>();
  #index: StoreIndex;
  #indexInode: number;
  #indexBytes = 0;
  #indexLookedMs = Number.NEGATIVE_INFINITY;
  #slowTickMs = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @throws `MFS_STORE_NEWER`, `MFS_STORE_FOREIGN` or `MFS_FOLDER_UNUSABLE`; nothing is changed then. */
  constructor(options: ContentStoreOptions) {
    this.#options = options;
    this.health = new StoreHealth(options.folder, options.log);
    this.#table = new BlobPublisher(options.table);
    this.#files = new BlobFiles(join(options.folder, "blobs"));
    this.evictor = new Evictor({
      policy: options.policy,
      counters: this.counters,
      index: () => this.#index,
      openBlob: (id) => this.#open.get(id),
      isOpening: (id) => this.#opening.has(id),
      collectReads: () => this.#collectReads(),
      remove: (id) => this.remove(id),
      isPinned: (version) => options.isPinned(version),
      onEvicted: (eviction) => options.onEvicted(eviction),
    });
    this.#flusher = new Flusher({
      index: () => this.#index,
      openBlobs: () => this.#open.values(),
      failed: (error) => this.failed(error),
    });
    this.#index = this.#openIndex();
    this.#indexInode = statSync(this.#index.path).ino;
    this.room = new Room({
      // A reload of the config may change them.
      get maxBytes() {
        return options.policy.maxBytes;
      },
      get minFreeBytes() {
        return options.policy.minFreeBytes;
      },
      freeBytes: () => this.#files.freeBytes(),
      // Its log may grow before it is looked at again.
      indexBytes: () => this.indexBytes + Math.min(WAL_LIMIT_BYTES, options.policy.maxBytes / 32),
      evictOne: () => this.evictor.evictOne(),
    });
    this.room.resetUsed(this.#index.totals().storedBytes);
    this.chunks = new ChunkStore({
      chunker: options.chunker,
      counters: this.counters,
      log: options.log,
      index: () => this.#index,
      acquireById: (id) => this.#acquire(id),
      release: (blob) => this.release(blob),
      noteUse: (blob) => this.noteUse(blob),
      remove: (id) => this.remove(id),
      reserve: (bytes) => this.room.reserve(bytes),
      unreserve: (bytes) => this.room.release(bytes),
      setStored: (blob, bytes) => this.#changeStored(blob, bytes - blob.storedBytes),
      isPassedThrough: (blob) => this.#isPassedThrough(blob),
      failed: (error) => this.failed(error),
    });
  }

  get index(): StoreIndex {
    return this.#index;
  }

  get indexBytes(): number {
    const nowMs = performance.now();
    if (nowMs - this.#indexLookedMs > TICK_MS) {
      this.#indexLookedMs = nowMs;
      this.#indexBytes = this.#index.sizeBytes();
    }
    return this.#indexBytes;
  }

  /** Starts what goes on in the background. */
  begin(): void {
    this.#timer = setInterval(() => void this.#tick(), TICK_MS).unref();
    this.#sweepBehind();
  }

  /**
   * The blob of a version, open; `undefined` when nothing of it is kept. {@link release} it after use.
   * A blob whose file is gone or torn is forgotten.
   */
  async acquire(version: FileVersion): Promise<Blob | undefined> {
    try {
      const id = this.#index.blobOf(version);
      return id === undefined ? undefined : await this.#acquire(id);
    } catch (error) {
      this.failed(error);
      return undefined;
    }
  }

  async #acquire(id: number): Promise<Blob | undefined> {
    const opening = this.#opening.get(id);
    const blob = this.#open.get(id) ?? (await (opening ?? this.#openBlob(id)));
    if (!blob || blob.isGone) return undefined;
    blob.users += 1;
    return blob;
  }

  /**
   * The blob of a version, made where there is none. {@link release} it after use.
   *
   * @returns `undefined` when the policy does not admit it, or the disk does not take it.
   */
  async acquireOrCreate(version: FileVersion): Promise<Blob | undefined> {
    const known = await this.acquire(version);
    if (known || this.#isClosed || !this.health.mayWrite) return known;
    try {
      return await this.#create(version);
    } catch (error) {
      this.failed(error);
      return undefined;
    }
  }

  release(blob: Blob): void {
    blob.users -= 1;
    blob.usedMs = Date.now();
    if (this.#open.size > MAX_OPEN) this.#closeLeastUsed();
  }

  /**
   * Writes blocks that were fetched, if there is room for them.
   *
   * @param from the first block.
   * @returns whether they are kept.
   */
  async put(blob: Blob, from: number, bytes: Uint8Array): Promise<boolean> {
    if (this.#isClosed || blob.isGone || !this.health.mayWrite) return false;
    const reserved = Math.ceil(bytes.length / BLOCK_BYTES) * BLOCK_BYTES;
    if (!(await this.#makeRoom(reserved))) return false;
    this.chunks.noteFetch();
    this.#flusher.notePut();
    try {
      this.#changeStored(blob, await blob.write(from, bytes));
      this.health.worked();
      if (blob.isWhole) this.chunks.cutLater(blob.id);
      return true;
    } catch (error) {
      if (!blob.isGone) this.failed(error);
      return false;
    } finally {
      this.room.release(reserved);
    }
  }

  async #makeRoom(bytes: number): Promise<boolean> {
    try {
      if (await this.room.reserve(bytes)) return true;
      const { shortage } = this.room;
      if (shortage !== undefined) this.health.failed(new Error(shortage));
    } catch (error) {
      this.failed(error);
    }
    return false;
  }

  /**
   * Compares what is present and not yet checked with its sums; what is wrong is dropped and counted.
   *
   * @param again also what is checked already. @default false
   * @returns the blocks that were wrong.
   */
  async check(blob: Blob, from: number, to: number, again = false): Promise<readonly number[]> {
    const wrong = await blob.check({ from, to }, again);
    if (wrong.length === 0) return wrong;
    this.#changeStored(blob, -wrong.reduce((sum, block) => sum + blob.blockBytes(block), 0));
    this.counters.corruptChunks += wrong.length;
    for (const block of wrong) this.corrupted(blob, block * BLOCK_BYTES, blob.blockBytes(block));
    return wrong;
  }

  /** Tells whoever listens of damage that was found. */
  corrupted(blob: Blob, offsetBytes: number, lengthBytes: number): void {
    for (const { originId, file } of this.#index.versionsOf(blob.id)) {
      this.#options.onCorrupt({ originId, path: file.path, offsetBytes, lengthBytes });
    }
  }

  /** Removes a blob, whoever wants it. @returns the bytes that came free; `undefined` when it is in use. */
  async remove(id: number): Promise<number | undefined> {
    const blob = this.#open.get(id);
    if (blob && !this.#takeAway(blob)) return undefined;
    const bytes = blob?.storedBytes ?? this.#index.blob(id)?.storedBytes ?? 0;
    this.#open.delete(id);
    await this.#removeRow(id, blob);
    this.evictor.left(id);
    if (blob) {
      await blob.writesEnded();
      await emptyFile(blob.fd).catch(() => undefined);
      this.#closeLater(blob.fd);
    }
    await this.#files.remove(id).catch((error) => this.failed(error));
    this.room.changeUsed(-bytes);
    return bytes;
  }

  /** The blobs that are open. */
  get openBlobs(): Iterable<Blob> {
    return this.#open.values();
  }

  /** A blob that is open. */
  openBlob(id: number): Blob | undefined {
    return this.#open.get(id);
  }

  /** Forgets one of several versions that share a blob. @returns the bytes that came free: none. */
  forget(version: FileVersion): number {
    this.#index.forget(version);
    return 0;
  }

  /**
   * Removes files in the blobs' folder that the index does not name: what a run that was killed left, or somebody
   * else put there.
   */
  sweep(dryRun: boolean, signal: AbortSignal): Promise<Removal> {
    return sweepBlobs(this.#files, (id) => this.#index.has(id), dryRun, signal);
  }

  /** Something of the cache's disk failed: it is left alone for a while, or made anew where it is gone. */
  failed(error: unknown): void {
    const isDamaged = isIndexDamaged(error);
    if (isDamaged || this.#isGone()) {
      this.#startAnew(isDamaged);
      return;
    }
    // The kernel would go on reading from a disk that is broken: what lies there has to be read by us first.
    if (isBroken(error) && this.health.reason === undefined) {
      for (const blob of this.#open.values()) blob.distrust();
    }
    this.health.failed(error);
  }

  /** Flushes what was written, and tells the index. */
  flush(): Promise<void> {
    return this.#flusher.flush();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.chunks.close();
    await this.#flusher.flushLast();
    this.#saveUse();
    for (const timer of this.#closing) clearTimeout(timer);
    for (const blob of this.#open.values()) {
      blob.retract();
      blob.isGone = true;
      await closeFile(blob.fd).catch(() => undefined);
    }
    this.#index.close();
  }

  #openIndex(): StoreIndex {
    const { folder, library, log } = this.#options;
    checkFormat(folder, library);
    makePrivateFolder(this.#files.folder);
    const index = openStoreIndex(join(folder, "index.sqlite"), (reason) =>
      log.warn(`the cache's index in ${folder} could not be used, so the cache starts empty: ${reason}`),
    );
    this.evictor.indexOpened(index.lastId());
    return index;
  }

  #openBlob(id: number): Promise<Blob | undefined> {
    const opening = this.#openExisting(id).finally(() => this.#opening.delete(id));
    this.#opening.set(id, opening);
    return opening;
  }

  async #openExisting(id: number): Promise<Blob | undefined> {
    const row = this.#index.blob(id);
    if (!row) return undefined;
    let fd: number | undefined;
    try {
      fd = await this.#files.open(id);
      const isCutWrongly = row.manifest && new Manifest(row.manifest).sizeBytes !== row.sizeBytes;
      if (isCutWrongly || (await sizeOfFile(fd)) !== row.sizeBytes)
        throw Object.assign(new Error("torn"), { code: "ENOENT" });
      const blob = this.#keepOpen(new Blob(row, fd, this.#table, Date.now()));
      if (blob.manifest) blob.republish(blob.setBorrowed(this.#index.chunks.borrowedOf(id, blob.manifest)));
      else if (blob.isWhole) this.chunks.cutLater(id);
      return blob;
    } catch (error) {
      if (fd !== undefined) await closeFile(fd);
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ELOOP") await this.remove(id);
      else this.failed(error);
      return undefined;
    }
  }

  async #create(version: FileVersion): Promise<Blob | undefined> {
    const id = this.#index.insert(version, Date.now());
    const making = (async () => {
      if (!this.evictor.admits(id, version)) {
        this.#index.remove(id);
        return undefined;
      }
      const fd = await this.#files.create(id, version.file.sizeBytes).catch((error) => {
        this.#index.remove(id);
        throw error;
      });
      const row = this.#index.blob(id);
      if (!row) throw new Error("the index lost a row");
      this.evictor.entered(id, version);
      return this.#keepOpen(new Blob(row, fd, this.#table, Date.now()));
    })().finally(() => this.#opening.delete(id));
    this.#opening.set(id, making);
    making.catch(() => undefined);
    const blob = await making;
    if (blob) blob.users += 1;
    return blob;
  }

  #keepOpen(blob: Blob): Blob {
    this.#open.set(blob.id, blob);
    if (this.#open.size > MAX_OPEN) this.#closeLeastUsed();
    return blob;
  }

  // A full disk takes no change of the index, either, before something has gone from it. What a row names then
  // is torn, and is forgotten when it is opened.
  async #removeRow(id: number, blob: Blob | undefined): Promise<void> {
    try {
      this.#index.remove(id);
    } catch {
      if (blob) await emptyFile(blob.fd);
      else await this.#files.remove(id);
      this.#index.remove(id);
    }
  }

  #changeStored(blob: Blob, bytes: number): void {
    blob.storedBytes += bytes;
    this.room.changeUsed(bytes);
  }

  // A blob that the kernel reads by itself cannot be taken away. Asked after the workers were told, so that none
  // of them can let the kernel have it in between.
  #takeAway(blob: Blob): boolean {
    const { links } = blob;
    blob.retract();
    if (this.#arePassedThrough(links)) {
      blob.republish(links);
      return false;
    }
    blob.isGone = true;
    return true;
  }

  #isPassedThrough(blob: Blob): boolean {
    return this.#arePassedThrough(blob.links);
  }

  #arePassedThrough(links: readonly BlobLink[]): boolean {
    return links.some(({ ino, revision }) => this.#options.isPassedThrough(ino, revision));
  }

  #closeLeastUsed(): void {
    let oldest: Blob | undefined;
    for (const blob of this.#open.values()) {
      if (blob.users > 0 || blob.isDirty) continue;
      if (!oldest || blob.usedMs < oldest.usedMs) oldest = blob;
    }
    if (!oldest || !this.#takeAway(oldest)) return;
    this.#open.delete(oldest.id);
    this.#closeLater(oldest.fd);
  }

  #closeLater(fd: number): void {
    const timer = setTimeout(() => {
      this.#closing.delete(timer);
      void closeFile(fd).catch(() => undefined);
    }, CLOSE_AFTER_MS);
    this.#closing.add(timer);
  }

  async #tick(): Promise<void> {
    this.#collectReads();
    if (this.#isGone()) this.#startAnew();
    if (this.#flusher.isDue) await this.flush();
    const nowMs = performance.now();
    if (nowMs - this.#slowTickMs < SLOW_TICK_MS || this.#isClosed) return;
    this.#slowTickMs = nowMs;
    this.#saveUse();
    await this.evictor.expire();
    await this.room.enforce();
  }

  #collectReads(): void {
    const nowMs = Date.now();
    for (const blob of this.#open.values()) {
      if (blob.slot < 0) continue;
      const { reads, bytes } = this.#table.takeReads(blob.slot);
      if (reads === 0) continue;
      this.counters.hits += reads;
      this.counters.hitBytes += bytes;
      this.noteUse(blob, nowMs);
    }
  }

  /** A blob was read. */
  noteUse(blob: Blob, nowMs = Date.now()): void {
    blob.usedMs = nowMs;
    this.evictor.used(blob.id, nowMs);
  }

  #saveUse(): void {
    try {
      this.#index.touch([...this.#open.values()].map(({ id, usedMs }) => [id, usedMs] as const));
    } catch (error) {
      this.failed(error);
    }
  }

  // Somebody removed the cache's folder, or put another one in its place.
  #isGone(): boolean {
    return statSync(this.#index.path, { throwIfNoEntry: false })?.ino !== this.#indexInode;
  }

  #startAnew(isDamaged = false): void {
    for (const blob of this.#open.values()) {
      blob.retract();
      blob.isGone = true;
      this.evictor.left(blob.id);
      this.#closeLater(blob.fd);
    }
    this.#open.clear();
    this.evictor.forgetAll();
    this.#index.close();
    try {
      if (isDamaged) removeIndex(this.#index.path);
      this.#index = this.#openIndex();
      this.#indexInode = statSync(this.#index.path).ino;
      this.room.resetUsed(0);
      const what = isDamaged ? "has a damaged index" : "is gone";
      this.#options.log.warn(`the cache in ${this.#options.folder} ${what}; a new one is made`);
      this.#sweepBehind();
    } catch (error) {
      this.health.failed(error);
    }
  }

  #sweepBehind(): void {
    this.sweep(false, this.#options.signal).catch((error) => {
      if (!this.#options.signal.aborted) this.health.failed(error);
    });
  }
}

// The disk itself fails, and does not only refuse to be written.
function isBroken(error: unknown): boolean {
  const code = String((error as NodeJS.ErrnoException).code ?? "");
  return code === "EIO" || code.startsWith("SQLITE_IOERR");
}
