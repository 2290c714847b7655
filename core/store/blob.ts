import { crc32 } from "node:zlib";
import { type ChangeTime, changeTimeOf, readFully, writeFully } from "./blob-files.js";
import type { BlobPublisher } from "./blob-table.js";
import { BlobWriter, type DirectWrites } from "./blob-writer.js";
import { BLOCK_BYTES, type BlockRange, BlockSet, blockCountOf, blocksOf } from "./block-set.js";
import { hashOfChunk, Manifest } from "./manifest.js";
import type { BlobRow, FlushedBlob } from "./store-index.js";

/** The blob is gone, or this part of it: whoever wanted it looks for its bytes elsewhere. */
export class BlobGoneError extends Error {
  override readonly name = "BlobGoneError";
}

/** An inode whose content lies in a blob. */
export interface BlobLink {
  readonly ino: number;
  readonly revision: number;
}

/**
 * One blob that is open: a sparse file with what was fetched of one version of a file, at the file's own offsets.
 *
 * A block is `present` once it is written, and `checked` once its bytes are known to be right in this run: since
 * they were fetched in it, or their sum was compared. Only checked blocks are ever read from.
 */
export class Blob {
  readonly id: number;
  readonly sizeBytes: number;
  readonly fd: number;
  readonly present: BlockSet;
  readonly checked: BlockSet;
  /** CRC-32 of each block that is present. */
  readonly sums: Uint32Array;
  /** Bytes that it takes of the store's room. */
  storedBytes: number;
  /** Bytes of the file that the index knows to be here. */
  flushedBytes: number;
  /** Its chunks, once it is cut. */
  #manifest: Manifest | undefined;
  /** Chunks that lie in other blobs, and not in this one. */
  #borrowed: ReadonlySet<number> = new Set();
  /** Chunks that lie here, and were compared with their hashes in this run. */
  #goodChunks = new BlockSet(0);
  /** What holds it open: reads, writes and jobs that are under way. */
  users = 0;
  /** When it was last used, in milliseconds since 1970. */
  usedMs: number;
  /** Whether the index lacks what was written. */
  isDirty = false;
  isGone = false;
  /** Where the workers find it; -1: they don't. */
  slot = -1;
  readonly #table: BlobPublisher;
  readonly #writer: BlobWriter;
  // Moves when bytes are taken away that may be being read.
  #epoch = 0;
  #writes = 0;
  readonly #idle: (() => void)[] = [];
  #left: ChangeTime | undefined;

  constructor(row: BlobRow, fd: number, table: BlobPublisher, disk: DirectWrites, nowMs: number) {
    const blocks = blockCountOf(row.sizeBytes);
    this.id = row.id;
    this.sizeBytes = row.sizeBytes;
    this.fd = fd;
    this.present = new BlockSet(blocks, row.present);
    this.checked = new BlockSet(blocks);
    this.sums = new Uint32Array(blocks);
    const sums = new Uint8Array(this.sums.buffer);
    sums.set(row.sums.subarray(0, sums.length));
    this.storedBytes = row.storedBytes;
    this.flushedBytes = row.logicalBytes;
    this.usedMs = nowMs;
    this.#table = table;
    this.#writer = new BlobWriter(fd, disk);
    this.#publish();
    if (row.manifest) this.setManifest(new Manifest(row.manifest));
  }

  get isWhole(): boolean {
    return this.present.isFull;
  }

  /** Bytes of the file that are here. */
  get logicalBytes(): number {
    return this.present.byteCount(this.sizeBytes);
  }

  /** Bytes of the file in a block. */
  blockBytes(block: number): number {
    return Math.min(BLOCK_BYTES, this.sizeBytes - block * BLOCK_BYTES);
  }

  /** The inodes for which the workers answer from this blob. */
  get links(): readonly BlobLink[] {
    return this.slot < 0 ? [] : this.#table.linksOf(this.slot);
  }

  /** Lets the workers answer for an inode from this blob. */
  link(ino: number, revision: number): void {
    if (this.slot >= 0) this.#table.link(ino, revision, this.slot);
  }

  /**
   * Writes blocks that were fetched; from then on they can be read.
   *
   * @param bytes of whole blocks from `from` on; the file's last one may be shorter.
   * @returns by how many bytes of the file more are here.
   * @throws the system's error; nothing of it counts as present then.
   */
  async write(from: number, bytes: Uint8Array): Promise<number> {
    const range = { from, to: from + blockCountOf(bytes.length) };
    this.#requireHere();
    this.#beginWrite();
    try {
      await this.#writeShared(bytes, from * BLOCK_BYTES);
      this.#requireHere();
      for (let block = from; block < range.to; block += 1) {
        const at = (block - from) * BLOCK_BYTES;
        this.sums[block] = crc32(bytes.subarray(at, at + BLOCK_BYTES));
      }
      const before = this.logicalBytes;
      this.present.add(range);
      this.isDirty = true;
      this.#allow(range);
      return this.logicalBytes - before;
    } finally {
      this.#endWrite();
    }
  }

  // The workers find it in memory meanwhile, and after that where they would have to ask the disk for it.
  async #writeShared(bytes: Uint8Array, offsetBytes: number): Promise<void> {
    const ticket = this.slot < 0 ? 0 : this.#table.ticketOf(this.slot);
    const kept = this.#table.pieces.keep(ticket, offsetBytes, bytes);
    let isOnDiskOnly = false;
    try {
      isOnDiskOnly = await this.#writer.write(kept?.bytes ?? bytes, offsetBytes, kept !== undefined);
    } finally {
      kept?.release(isOnDiskOnly);
    }
  }

  /** Reads what is checked. @throws BlobGoneError when it was taken away meanwhile. */
  async read(offsetBytes: number, target: Uint8Array): Promise<void> {
    const epoch = this.#epoch;
    const count = await readFully(this.fd, target, offsetBytes);
    this.#requireHere();
    if (this.wasTouched) this.distrust();
    if (count !== target.length || epoch !== this.#epoch) throw new BlobGoneError("it was changed meanwhile");
  }

  /** Reads a chunk that lies here. @returns `undefined` when it is not what its hash says. */
  async readChunk(chunk: number): Promise<Uint8Array | undefined> {
    const manifest = this.#requireManifest();
    const { offsetBytes, lengthBytes } = manifest.range(chunk);
    const bytes = await this.readHashed(offsetBytes, lengthBytes, manifest.hash(chunk));
    if (bytes && !this.#borrowed.has(chunk)) this.#noteGood(chunk);
    return bytes;
  }

  /** Reads bytes that must have a hash. @returns `undefined` when they don't. */
  async readHashed(
    offsetBytes: number,
    lengthBytes: number,
    hash: Uint8Array,
  ): Promise<Uint8Array | undefined> {
    const target = Buffer.allocUnsafeSlow(lengthBytes);
    const count = await readFully(this.fd, target, offsetBytes);
    this.#requireHere();
    return count === lengthBytes && hashOfChunk(target).equals(hash) ? target : undefined;
  }

  /** Writes a chunk that is not here, or was damaged; its bytes have the hash that they must have. */
  async writeChunk(chunk: number, bytes: Uint8Array): Promise<void> {
    const { offsetBytes } = this.#requireManifest().range(chunk);
    this.#requireHere();
    this.#beginWrite();
    try {
      await writeFully(this.fd, bytes, offsetBytes);
      this.#requireHere();
      this.#borrowed = new Set([...this.#borrowed].filter((other) => other !== chunk));
      this.isDirty = true;
      this.#noteGood(chunk);
    } finally {
      this.#endWrite();
    }
  }

  get manifest(): Manifest | undefined {
    return this.#manifest;
  }

  get borrowed(): ReadonlySet<number> {
    return this.#borrowed;
  }

  /** The file is cut. What was checked stays so. */
  setManifest(manifest: Manifest): void {
    this.#manifest = manifest;
    this.#goodChunks = new BlockSet(manifest.count);
    if (this.checked.isFull) this.#goodChunks.add({ from: 0, to: manifest.count });
  }

  /**
   * Says which chunks lie in other blobs: they are not read from here from now on. @returns the inodes whose workers
   * were told, for {@link republish}.
   */
  setBorrowed(chunks: ReadonlySet<number>): readonly BlobLink[] {
    const { links } = this;
    this.retract();
    this.#epoch += 1;
    this.#borrowed = chunks;
    for (const chunk of chunks) {
      this.#goodChunks.remove({ from: chunk, to: chunk + 1 });
      this.checked.remove(this.#blocksOfChunk(chunk));
    }
    for (let chunk = 0; chunk < this.#goodChunks.blocks; chunk += 1) {
      if (this.#goodChunks.has(chunk)) this.#allowAround(chunk);
    }
    return links;
  }

  /** All chunks that lie here were compared with their hashes. @param except those that are wrong. */
  noteAllGood(except: ReadonlySet<number>): void {
    for (let chunk = 0; chunk < this.#goodChunks.blocks; chunk += 1) {
      if (!except.has(chunk) && !this.#borrowed.has(chunk)) this.#noteGood(chunk);
    }
  }

  /** Resolves when nothing is being written any more: what is taken away then stays away. */
  writesEnded(): Promise<void> {
    return this.#writes === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Lets `work` change the blob's file in a way that takes nothing away from its readers. */
  async whileChanging<T>(work: () => Promise<T>): Promise<T> {
    this.#beginWrite();
    try {
      return await work();
    } finally {
      this.#endWrite();
    }
  }

  #noteGood(chunk: number): void {
    this.#goodChunks.add({ from: chunk, to: chunk + 1 });
    this.#allowAround(chunk);
  }

  // A block may be read when every chunk that it has bytes of is good.
  #allowAround(chunk: number): void {
    const manifest = this.#requireManifest();
    const { from, to } = this.#blocksOfChunk(chunk);
    for (let block = from; block < to; block += 1) {
      if (this.checked.has(block)) continue;
      const end = Math.min((block + 1) * BLOCK_BYTES, this.sizeBytes) - 1;
      const chunks = { from: manifest.chunkAt(block * BLOCK_BYTES), to: manifest.chunkAt(end) + 1 };
      if (this.#goodChunks.hasAll(chunks)) this.#allow({ from: block, to: block + 1 });
    }
  }

  #blocksOfChunk(chunk: number): BlockRange {
    const { offsetBytes, lengthBytes } = this.#requireManifest().range(chunk);
    return blocksOf(offsetBytes, lengthBytes);
  }

  #requireManifest(): Manifest {
    if (!this.#manifest) throw new BlobGoneError("it is not cut");
    return this.#manifest;
  }

  /**
   * Compares blocks that are present with their sums, as long as the file is not cut. Those that are right count as
   * checked; those that are not, as not present.
   *
   * @param again also those that are checked already. @default false
   * @returns those that were not.
   */
  async check(range: BlockRange, again = false): Promise<number[]> {
    const wrong: number[] = [];
    if (this.#manifest) return wrong;
    const buffer = new Uint8Array(BLOCK_BYTES);
    for (let block = range.from; block < range.to; block += 1) {
      if (!this.present.has(block) || (this.checked.has(block) && !again)) continue;
      const target = buffer.subarray(0, this.blockBytes(block));
      // What the disk does not give is wrong, too.
      const count = await readFully(this.fd, target, block * BLOCK_BYTES).catch(() => -1);
      this.#requireHere();
      if (count === target.length && crc32(target) === this.sums[block]) {
        this.#allow({ from: block, to: block + 1 });
      } else {
        this.#drop({ from: block, to: block + 1 });
        wrong.push(block);
      }
    }
    return wrong;
  }

  /** Whether somebody else changed the blob's file since we left it. While we write to it nobody can tell. */
  get wasTouched(): boolean {
    if (this.#writes > 0 || !this.#left) return false;
    const { seconds, nanoseconds } = changeTimeOf(this.fd);
    return seconds !== this.#left.seconds || nanoseconds !== this.#left.nanoseconds;
  }

  /** Forgets that anything was checked: it is compared anew when it is read. */
  distrust(): void {
    const { links } = this;
    this.retract();
    this.#epoch += 1;
    this.checked.remove({ from: 0, to: this.checked.blocks });
    this.#goodChunks = new BlockSet(this.#goodChunks.blocks);
    this.republish(links);
  }

  /** Gives it back to the workers, after {@link retract}. */
  republish(links: readonly BlobLink[]): void {
    this.#publish();
    if (this.slot < 0) return;
    for (const run of this.checked.runs({ from: 0, to: this.checked.blocks }, true)) {
      this.#table.allow(this.slot, run.from, run.to);
    }
    if (this.checked.isFull) this.#table.setWhole(this.slot);
    for (const { ino, revision } of links) this.link(ino, revision);
  }

  /** Takes it away from the workers. */
  retract(): void {
    if (this.slot >= 0) this.#table.retire(this.slot);
    this.slot = -1;
  }

  /** What the index is to know, at this moment: to be flushed before it is told. */
  snapshot(): FlushedBlob {
    return {
      id: this.id,
      present: Uint8Array.from(this.present.bytes),
      sums: new Uint8Array(this.sums.slice().buffer),
      logicalBytes: this.logicalBytes,
      storedBytes: this.storedBytes,
    };
  }

  #drop(range: BlockRange): void {
    this.present.remove(range);
    this.isDirty = true;
    if (!this.checked.has(range.from)) return;
    this.checked.remove(range);
    const { links } = this;
    this.retract();
    this.#epoch += 1;
    this.republish(links);
  }

  #publish(): void {
    this.slot = this.#table.publish(this.fd, this.checked.blocks);
    if (this.slot >= 0) this.#table.setInFlux(this.slot, this.#writes > 0);
    if (this.#writes === 0) this.#noteLeft();
  }

  #allow(range: BlockRange): void {
    this.checked.add(range);
    if (this.slot < 0) return;
    this.#table.allow(this.slot, range.from, range.to);
    if (this.checked.isFull) this.#table.setWhole(this.slot);
  }

  #beginWrite(): void {
    if (this.wasTouched) this.distrust();
    this.#writes += 1;
    if (this.slot >= 0) this.#table.setInFlux(this.slot, true);
  }

  #endWrite(): void {
    this.#writes -= 1;
    if (this.#writes > 0) return;
    for (const resolve of this.#idle.splice(0)) resolve();
    if (this.isGone) return;
    this.#noteLeft();
    if (this.slot >= 0) this.#table.setInFlux(this.slot, false);
  }

  #noteLeft(): void {
    this.#left = changeTimeOf(this.fd);
    if (this.slot >= 0) this.#table.setLeft(this.slot, this.#left.seconds, this.#left.nanoseconds);
  }

  #requireHere(): void {
    if (this.isGone) throw new BlobGoneError("the blob was evicted");
  }
}
