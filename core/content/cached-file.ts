import { ErrnoError } from "../errno.js";
import { messageOf } from "../errors.js";
import type { Origin } from "../model/origin.js";
import { settledBy } from "../settled-by.js";
import { type Blob, BlobGoneError } from "../store/blob.js";
import { BLOCK_BYTES, type BlockRange, blockCountOf, blocksOf } from "../store/block-set.js";
import type { ContentStore } from "../store/content-store.js";
import type { Manifest } from "../store/manifest.js";
import type { FileVersion } from "../store/store-index.js";
import type { ByteGate } from "./byte-gate.js";
import { Piece, PieceDroppedError } from "./piece.js";
import { type AheadRange, ReadAhead } from "./read-ahead.js";

/** What all cached files share. */
export interface CachedFileOptions {
  readonly store: ContentStore;
  /** Bounds what is in memory of all fetches. */
  readonly gate: ByteGate;
  /** Longest that an origin may take for one piece, in milliseconds. */
  readonly timeoutMs: number;
  /** Aborts when the daemon stops. */
  readonly signal: AbortSignal;
}

/** Most that is asked of an origin at once, in blocks. */
const PIECE_BLOCKS = 16;
/** How often a read looks anew when what it found was taken away from it. */
const ATTEMPTS = 8;
/** After bytes could not be kept, nothing is fetched ahead for this long, in milliseconds. */
const NOT_KEPT_MS = 5_000;

/**
 * One version of a file of an origin, read through the store: what is there is read from its blob, what is missing
 * is fetched in whole blocks, kept, and given to whoever waits for it.
 */
export class CachedFile {
  readonly version: FileVersion;
  readonly #origin: Origin;
  readonly #use: CachedFileOptions;
  readonly #pieces: Piece[] = [];
  readonly #readAhead: ReadAhead;
  readonly #links: { readonly ino: number; readonly revision: number }[] = [];
  #blob: Blob | undefined;
  /** Damaged chunks that are being fetched again. */
  readonly #mending = new Map<number, Promise<Uint8Array>>();
  #fetchedBytes = 0;
  #notKeptMs = Number.NEGATIVE_INFINITY;

  constructor(version: FileVersion, origin: Origin, use: CachedFileOptions) {
    this.version = version;
    this.#origin = origin;
    this.#use = use;
    this.#readAhead = new ReadAhead(version.file.sizeBytes);
  }

  /** Whether nothing of it is being fetched. */
  get isIdle(): boolean {
    return this.#pieces.length === 0;
  }

  /** An inode shows this version: the workers may answer for it. */
  link(ino: number, revision: number): void {
    if (this.#links.some((link) => link.ino === ino && link.revision === revision)) return;
    this.#links.push({ ino, revision });
    this.#blob?.link(ino, revision);
  }

  /**
   * Reads a range, which lies within the file.
   *
   * @throws what the origin threw, an {@link ErrnoError}, or `signal.reason`.
   */
  async read(offsetBytes: number, lengthBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      try {
        return await this.#readOnce(offsetBytes, lengthBytes, signal);
      } catch (error) {
        const isGone = error instanceof BlobGoneError || error instanceof PieceDroppedError;
        if (!isGone || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /**
   * Fetches what is missing of it.
   *
   * @param onFetched told the bytes of each piece that had to be fetched.
   * @returns whether all of it is kept.
   * @throws as {@link read} does.
   */
  async fill(onFetched: (bytes: number) => void, signal: AbortSignal): Promise<boolean> {
    const blocks = blockCountOf(this.version.file.sizeBytes);
    for (let from = 0; from < blocks; from += PIECE_BLOCKS) {
      const range = { from, to: Math.min(blocks, from + PIECE_BLOCKS) };
      if ((await this.#currentBlob())?.checked.hasAll(range)) continue;
      const offsetBytes = from * BLOCK_BYTES;
      const lengthBytes = Math.min(bytesOf(range), this.version.file.sizeBytes - offsetBytes);
      const before = this.#fetchedBytes;
      await this.read(offsetBytes, lengthBytes, signal);
      onFetched(this.#fetchedBytes - before);
    }
    await Promise.all(this.#pieces.map(({ settled }) => settled));
    return (await this.#currentBlob())?.isWhole ?? false;
  }

  /** Looks whether its blob was changed by somebody else; what is right of it may be read at once after that. */
  async lookAgain(): Promise<void> {
    const blob = await this.#currentBlob();
    if (!blob?.wasTouched) return;
    blob.distrust();
    if (blob.manifest) await this.#use.store.chunks.check(blob, blob.manifest);
  }

  /** Somebody reads here, and was answered: what follows may be fetched ahead. */
  ahead(offsetBytes: number, lengthBytes: number): void {
    const range = this.#readAhead.note(offsetBytes, lengthBytes);
    if (range) this.#fetchAhead(range);
  }

  async #readOnce(offsetBytes: number, lengthBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    const { store } = this.#use;
    const blocks = blocksOf(offsetBytes, lengthBytes);
    const blob = await this.#currentBlob();
    if (blob) blob.users += 1;
    try {
      if (blob) await this.#check(blob, blocks);
      const { manifest } = blob ?? {};
      if (blob && manifest && !blob.checked.hasAll(blocks)) {
        const bytes = await this.#readChunks(blob, manifest, offsetBytes, lengthBytes, signal);
        store.chunks.checkLater(blob);
        return bytes;
      }
      if (this.#live !== blob) throw new BlobGoneError("another blob came meanwhile");
      const isHit = blob?.checked.hasAll(blocks) ?? false;
      if (!isHit) this.#fetchMissing(blocks);
      this.ahead(offsetBytes, lengthBytes);
      const bytes = await this.#gather(blob, blocks, offsetBytes, lengthBytes, signal);
      this.#count(blob, isHit, lengthBytes);
      return bytes;
    } finally {
      if (blob) store.release(blob);
    }
  }

  async #currentBlob(): Promise<Blob | undefined> {
    if (this.#live) return this.#live;
    const { store } = this.#use;
    const blob = await store.acquire(this.version);
    if (blob) store.release(blob);
    return this.#live ?? this.#adopt(blob);
  }

  get #live(): Blob | undefined {
    return this.#blob?.isGone === false ? this.#blob : undefined;
  }

  #adopt(blob: Blob | undefined): Blob | undefined {
    this.#blob = blob;
    for (const { ino, revision } of this.#links) blob?.link(ino, revision);
    return blob;
  }

  // A file that is cut, of which not all was checked in this run, or some lies in other blobs.
  async #readChunks(
    blob: Blob,
    manifest: Manifest,
    offsetBytes: number,
    lengthBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const { store } = this.#use;
    const target = Buffer.allocUnsafeSlow(lengthBytes);
    const end = offsetBytes + lengthBytes;
    let isHit = true;
    for (let chunk = manifest.chunkAt(offsetBytes); ; chunk += 1) {
      signal.throwIfAborted();
      const range = manifest.range(chunk);
      let bytes = await store.chunks.read(blob, manifest, chunk);
      if (!bytes) {
        isHit = false;
        bytes = await this.#mendChunk(blob, manifest, chunk, signal);
      }
      const from = Math.max(offsetBytes, range.offsetBytes);
      const to = Math.min(end, range.offsetBytes + range.lengthBytes);
      target.set(bytes.subarray(from - range.offsetBytes, to - range.offsetBytes), from - offsetBytes);
      if (to === end) break;
    }
    this.#count(blob, isHit, lengthBytes);
    return target;
  }

  #mendChunk(blob: Blob, manifest: Manifest, chunk: number, signal: AbortSignal): Promise<Uint8Array> {
    const mending =
      this.#mending.get(chunk) ??
      this.#fetchChunk(blob, manifest, chunk).finally(() => this.#mending.delete(chunk));
    this.#mending.set(chunk, mending);
    return settledBy(mending, signal);
  }

  async #fetchChunk(blob: Blob, manifest: Manifest, chunk: number): Promise<Uint8Array> {
    const { store, gate, signal } = this.#use;
    const { offsetBytes, lengthBytes } = manifest.range(chunk);
    await gate.enter(lengthBytes, signal);
    try {
      const bytes = await this.#ask(offsetBytes, lengthBytes, signal);
      store.corrupted(blob, offsetBytes, lengthBytes);
      if (await store.chunks.mend(blob, manifest, chunk, bytes)) return bytes;
      // The origin has other bytes under this very version than it had: what is kept of it is worth nothing.
      if ((await store.remove(blob.id)) === undefined) throw new ErrnoError("EIO", "its origin changed it");
      throw new BlobGoneError("its origin changed it");
    } finally {
      gate.leave(lengthBytes);
    }
  }

  #count(blob: Blob | undefined, isHit: boolean, lengthBytes: number): void {
    const { store } = this.#use;
    if (isHit) store.counters.hits += 1;
    else store.counters.misses += 1;
    if (isHit) store.counters.hitBytes += lengthBytes;
    if (blob) store.noteUse(blob);
  }

  async #check(blob: Blob, blocks: BlockRange): Promise<void> {
    if (blob.wasTouched) blob.distrust();
    if (!blob.checked.hasAll(blocks)) await this.#use.store.check(blob, blocks.from, blocks.to);
  }

  // Each run of blocks that nobody has or fetches is asked for once, whoever else wants it.
  #fetchMissing(blocks: BlockRange): void {
    for (const range of this.#missing(blocks)) this.#fetch(range, false);
  }

  #fetchAhead(range: AheadRange): void {
    if (performance.now() - this.#notKeptMs < NOT_KEPT_MS) return;
    const missing = [...this.#missing(blocksOf(range.offsetBytes, range.lengthBytes))];
    const blocks = missing.reduce((sum, { from, to }) => sum + to - from, 0);
    const isWorthwhile = blocks >= Math.min(PIECE_BLOCKS, range.lengthBytes / BLOCK_BYTES / 2);
    if (!isWorthwhile) return;
    for (const part of missing) {
      if (this.#use.gate.tryEnter(bytesOf(part))) this.#fetch(part, true);
    }
  }

  *#missing({ from, to }: BlockRange): Generator<BlockRange> {
    const blob = this.#live;
    const isThere = (block: number): boolean =>
      blob?.present.has(block) || this.#pieceAt(block) !== undefined;
    for (let block = from; block < to; block += 1) {
      if (isThere(block)) continue;
      let end = block + 1;
      while (end < to && end - block < PIECE_BLOCKS && !isThere(end)) end += 1;
      yield { from: block, to: end };
      block = end - 1;
    }
  }

  #pieceAt(block: number): Piece | undefined {
    return this.#pieces.find(({ from, to, signal }) => block >= from && block < to && !signal.aborted);
  }

  /** @param isAhead nobody waits for it, and it has entered the gate already. */
  #fetch(range: BlockRange, isAhead: boolean): void {
    const piece = new Piece(range, this.version.file.sizeBytes, isAhead);
    this.#pieces.push(piece);
    piece.settled = this.#run(piece, isAhead).finally(() =>
      this.#pieces.splice(this.#pieces.indexOf(piece), 1),
    );
  }

  async #run(piece: Piece, hasEntered: boolean): Promise<void> {
    const { gate, signal: stop } = this.#use;
    let isInside = hasEntered;
    try {
      if (!isInside) await gate.enter(bytesOf(piece), AbortSignal.any([piece.signal, stop]));
      isInside = true;
      const bytes = await this.#ask(piece.offsetBytes, piece.lengthBytes, piece.signal);
      piece.arrive(bytes);
      await this.#keep(piece, bytes);
    } catch (error) {
      piece.fail(error);
    } finally {
      if (isInside) gate.leave(bytesOf(piece));
    }
  }

  async #ask(offsetBytes: number, lengthBytes: number, wanted: AbortSignal): Promise<Uint8Array> {
    const { store, timeoutMs, signal: stop } = this.#use;
    const { originId, file } = this.version;
    const signal = AbortSignal.any([wanted, stop, AbortSignal.timeout(timeoutMs)]);
    store.counters.countRequest(originId, lengthBytes);
    const bytes = await settledBy(this.#origin.read(file, offsetBytes, lengthBytes, signal), signal);
    // Fewer bytes than the size that was shown would be silent damage.
    if (bytes.length !== lengthBytes) {
      throw new ErrnoError("EIO", `${bytes.length} bytes came instead of ${lengthBytes}`);
    }
    this.#fetchedBytes += lengthBytes;
    return bytes;
  }

  async #keep(piece: Piece, bytes: Uint8Array): Promise<void> {
    const { store } = this.#use;
    const blob = await store.acquireOrCreate(this.version);
    try {
      if (blob && blob !== this.#blob) this.#adopt(blob);
      if (blob && (await store.put(blob, piece.from, bytes))) return;
      this.#notKeptMs = performance.now();
      store.counters.bypassedBytes += bytes.length;
    } finally {
      if (blob) store.release(blob);
    }
  }

  async #gather(
    blob: Blob | undefined,
    blocks: BlockRange,
    offsetBytes: number,
    lengthBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const single = this.#pieceAt(blocks.from);
    if (single && single.to >= blocks.to) {
      const start = offsetBytes - single.offsetBytes;
      return (await single.wait(signal)).subarray(start, start + lengthBytes);
    }
    const target = Buffer.allocUnsafeSlow(lengthBytes);
    const parts: Promise<void>[] = [];
    for (let at = offsetBytes; at < offsetBytes + lengthBytes; ) {
      const piece = this.#pieceAt(Math.floor(at / BLOCK_BYTES));
      const end = Math.min(
        offsetBytes + lengthBytes,
        piece ? piece.to * BLOCK_BYTES : this.#endOfStored(blob, at, blocks.to),
      );
      const part = target.subarray(at - offsetBytes, end - offsetBytes);
      const filling = piece ? fillFrom(piece, part, at, signal) : this.#readFrom(blob, part, at);
      // Should the loop end early, nobody awaits it.
      filling.catch(() => undefined);
      parts.push(filling);
      at = end;
    }
    await Promise.all(parts);
    return target;
  }

  // Where the cache's disk fails, the origin is asked: what cannot be read is not found to be right again.
  async #readFrom(blob: Blob | undefined, target: Uint8Array, atBytes: number): Promise<void> {
    if (!blob) throw new BlobGoneError("there is no blob");
    try {
      await blob.read(atBytes, target);
    } catch (error) {
      if (error instanceof BlobGoneError) throw error;
      this.#use.store.failed(error);
      if (!blob.isGone) blob.distrust();
      throw new BlobGoneError(messageOf(error));
    }
  }

  #endOfStored(blob: Blob | undefined, atBytes: number, toBlock: number): number {
    let block = Math.floor(atBytes / BLOCK_BYTES);
    if (!blob?.checked.has(block)) throw new BlobGoneError("what was there is gone");
    while (block < toBlock && blob.checked.has(block)) block += 1;
    return block * BLOCK_BYTES;
  }
}

async function fillFrom(
  piece: Piece,
  target: Uint8Array,
  atBytes: number,
  signal: AbortSignal,
): Promise<void> {
  const start = atBytes - piece.offsetBytes;
  target.set((await piece.wait(signal)).subarray(start, start + target.length));
}

function bytesOf({ from, to }: BlockRange): number {
  return (to - from) * BLOCK_BYTES;
}
