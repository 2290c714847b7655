import { join } from "node:path";
import type { CacheEviction, CorruptionRepair } from "../hooks.js";
import type { Logger } from "../logger.js";
import type { CachePolicy } from "../model/cache-policy.js";
import type { Chunker } from "../model/chunker.js";
import type { Blob } from "./blob.js";
import { BlobFiles, emptyFile } from "./blob-files.js";
import { BlobPublisher } from "./blob-table.js";
import { BLOCK_BYTES } from "./block-set.js";
import { ChunkStore } from "./chunk-store.js";
import { Counters } from "./counters.js";
import { Evictor } from "./evictor.js";
import { Flusher } from "./flusher.js";
import { StoreHealth } from "./health.js";
import { IndexFile } from "./index-file.js";
import { OpenBlobs } from "./open-blobs.js";
import { OriginLimits } from "./origin-limits.js";
import { Room } from "./room.js";
import type { Removal } from "./store.js";
import { type FileVersion, isIndexDamaged, type StoreIndex, WAL_LIMIT_BYTES } from "./store-index.js";
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
  /** Most that may be kept of an origin, in bytes, by its id; within the policy's limits. */
  readonly originLimits: ReadonlyMap<string, number>;
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
  readonly originLimits: OriginLimits;
  readonly chunks: ChunkStore;
  readonly evictor: Evictor;
  readonly #options: ContentStoreOptions;
  readonly #files: BlobFiles;
  readonly #flusher: Flusher;
  readonly #table: BlobPublisher;
  readonly #open: OpenBlobs;
  readonly #indexFile: IndexFile;
  #slowTickMs = performance.now();
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @throws `MFS_STORE_NEWER`, `MFS_STORE_FOREIGN` or `MFS_FOLDER_UNUSABLE`; nothing is changed then. */
  constructor(options: ContentStoreOptions) {
    this.#options = options;
    this.health = new StoreHealth(options.folder, options.log);
    this.#table = new BlobPublisher(options.table);
    this.#files = new BlobFiles(join(options.folder, "blobs"));
    this.#open = new OpenBlobs({
      files: this.#files,
      table: this.#table,
      index: () => this.index,
      isPassedThrough: (ino, revision) => options.isPassedThrough(ino, revision),
      cutLater: (id) => this.chunks.cutLater(id),
      torn: (id) => this.remove(id),
      failed: (error) => this.failed(error),
    });
    this.evictor = new Evictor({
      policy: options.policy,
      counters: this.counters,
      index: () => this.index,
      openBlob: (id) => this.#open.get(id),
      isOpening: (id) => this.#open.isOpening(id),
      collectReads: () => this.#collectReads(),
      remove: (id) => this.remove(id),
      isPinned: (version) => options.isPinned(version),
      onEvicted: (eviction) => options.onEvicted(eviction),
    });
    this.#flusher = new Flusher({
      index: () => this.index,
      openBlobs: () => this.#open.values(),
      failed: (error) => this.failed(error),
    });
    this.#indexFile = new IndexFile({
      folder: options.folder,
      blobsFolder: this.#files.folder,
      library: options.library,
      log: options.log,
      opened: (index) => this.evictor.indexOpened(index.lastId()),
    });
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
    this.room.resetUsed(this.index.totals().storedBytes);
    this.originLimits = new OriginLimits({
      limits: options.originLimits,
      index: () => this.index,
      storedOf: (id) => this.#open.get(id)?.storedBytes,
      evictOne: (isMeant) => this.evictor.evictOne(isMeant),
    });
    this.chunks = new ChunkStore({
      chunker: options.chunker,
      counters: this.counters,
      log: options.log,
      index: () => this.index,
      acquireById: (id) => this.#open.acquire(id),
      release: (blob) => this.release(blob),
      noteUse: (blob) => this.noteUse(blob),
      remove: (id) => this.remove(id),
      reserve: (bytes) => this.room.reserve(bytes),
      unreserve: (bytes) => this.room.release(bytes),
      setStored: (blob, bytes) => this.#changeStored(blob, bytes - blob.storedBytes),
      isPassedThrough: (blob) => this.#open.isPassedThrough(blob),
      failed: (error) => this.failed(error),
    });
  }

  get index(): StoreIndex {
    return this.#indexFile.current;
  }

  /** Bytes that the index takes of the disk. */
  get indexBytes(): number {
    return this.#indexFile.bytes;
  }

  /** Starts what goes on in the background. */
  begin(): void {
    this.#timer = setInterval(() => void this.#tick(), TICK_MS).unref();
    this.#sweepBehind();
    this.originLimits.enforce().catch((error) => this.failed(error));
  }

  /**
   * The blob of a version, open; `undefined` when nothing of it is kept. {@link release} it after use.
   * A blob whose file is gone or torn is forgotten.
   */
  async acquire(version: FileVersion): Promise<Blob | undefined> {
    try {
      const id = this.index.blobOf(version);
      return id === undefined ? undefined : await this.#open.acquire(id);
    } catch (error) {
      this.failed(error);
      return undefined;
    }
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
    this.#open.release(blob);
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
    const giveBack = await this.#makeRoom(blob, reserved);
    if (!giveBack) return false;
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
      giveBack();
    }
  }

  async #makeRoom(blob: Blob, bytes: number): Promise<(() => void) | undefined> {
    let giveBack: (() => void) | undefined;
    try {
      giveBack = await this.originLimits.reserve(blob.id, bytes);
      if (!giveBack) return undefined;
      if (await this.room.reserve(bytes)) {
        const giveShareBack = giveBack;
        return () => {
          giveShareBack();
          this.room.release(bytes);
        };
      }
      const { shortage } = this.room;
      if (shortage !== undefined) this.health.failed(new Error(shortage));
    } catch (error) {
      this.failed(error);
    }
    giveBack?.();
    return undefined;
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
    for (const { originId, file } of this.index.versionsOf(blob.id)) {
      this.#options.onCorrupt({ originId, path: file.path, offsetBytes, lengthBytes });
    }
  }

  /** Removes a blob, whoever wants it. @returns the bytes that came free; `undefined` when it is in use. */
  async remove(id: number): Promise<number | undefined> {
    const blob = this.#open.get(id);
    if (blob && !this.#open.takeOut(blob)) return undefined;
    const bytes = blob?.storedBytes ?? this.index.blob(id)?.storedBytes ?? 0;
    await this.#removeRow(id, blob);
    this.evictor.left(id);
    if (blob) {
      await blob.writesEnded();
      await emptyFile(blob.fd).catch(() => undefined);
      this.#open.closeLater(blob.fd);
    }
    await this.#files.remove(id).catch((error) => this.failed(error));
    this.room.changeUsed(-bytes);
    this.originLimits.left(id, bytes);
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
    this.index.forget(version);
    return 0;
  }

  /**
   * Removes files in the blobs' folder that the index does not name: what a run that was killed left, or somebody
   * else put there.
   */
  sweep(dryRun: boolean, signal: AbortSignal): Promise<Removal> {
    return sweepBlobs(this.#files, (id) => this.index.has(id), dryRun, signal);
  }

  /** Something of the cache's disk failed: it is left alone for a while, or made anew where it is gone. */
  failed(error: unknown): void {
    const isDamaged = isIndexDamaged(error);
    if (isDamaged || this.#indexFile.isGone) {
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
    await this.#open.close();
    this.index.close();
  }

  #create(version: FileVersion): Promise<Blob | undefined> {
    const id = this.index.insert(version, Date.now());
    return this.#open.acquireNew(id, async () => {
      const { originId, file } = version;
      if (!this.originLimits.admits(originId, file.sizeBytes) || !this.evictor.admits(id, version)) {
        this.index.remove(id);
        return undefined;
      }
      const fd = await this.#files.create(id, version.file.sizeBytes).catch((error) => {
        this.index.remove(id);
        throw error;
      });
      const row = this.index.blob(id);
      if (!row) throw new Error("the index lost a row");
      this.evictor.entered(id, version);
      this.originLimits.entered(id, originId);
      return { row, fd };
    });
  }

  // A full disk takes no change of the index, either, before something has gone from it. What a row names then
  // is torn, and is forgotten when it is opened.
  async #removeRow(id: number, blob: Blob | undefined): Promise<void> {
    try {
      this.index.remove(id);
    } catch {
      if (blob) await emptyFile(blob.fd);
      else await this.#files.remove(id);
      this.index.remove(id);
    }
  }

  #changeStored(blob: Blob, bytes: number): void {
    blob.storedBytes += bytes;
    this.room.changeUsed(bytes);
    this.originLimits.changed(blob.id, bytes);
  }

  async #tick(): Promise<void> {
    this.#table.pieces.expire();
    this.#collectReads();
    if (this.#indexFile.isGone) this.#startAnew();
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
      this.index.touch([...this.#open.values()].map(({ id, usedMs }) => [id, usedMs] as const));
    } catch (error) {
      this.failed(error);
    }
  }

  #startAnew(isDamaged = false): void {
    for (const { id } of this.#open.abandon()) this.evictor.left(id);
    this.evictor.forgetAll();
    this.originLimits.forgetAll();
    try {
      this.#indexFile.openAnew(isDamaged);
      this.room.resetUsed(this.index.totals().storedBytes);
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
