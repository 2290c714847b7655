import type { OriginReads } from "../delta/delta.js";
import { messageOf } from "../errors.js";
import { type Blob, BlobGoneError } from "../store/blob.js";
import { BLOCK_BYTES, type BlockRange, blockCountOf, blocksOf } from "../store/block-set.js";
import type { FileVersion } from "../store/store-index.js";
import { CurrentBlob } from "./current-blob.js";
import { CutFileReader, type ReadsRight } from "./cut-file-reader.js";
import { Fetcher, type FetcherOptions, PIECE_BLOCKS } from "./fetcher.js";
import { PieceDroppedError } from "./piece.js";
import { ReadAhead } from "./read-ahead.js";

/** How often a read looks anew when what it found was taken away from it. */
const ATTEMPTS = 8;

/** What is done with bytes that are lent: they are right until what it returns has settled. */
type Use<T> = (bytes: Uint8Array) => T | Promise<T>;

/** A range of a file, and who wants it. */
interface Wanted {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly signal: AbortSignal;
}

/**
 * One version of a file of an origin, read through the store: what is there is read from its blob, what is missing
 * is fetched in whole blocks, kept, and given to whoever waits for it.
 */
export class CachedFile {
  readonly version: FileVersion;
  readonly #use: FetcherOptions;
  readonly #blob: CurrentBlob;
  readonly #fetcher: Fetcher;
  readonly #cut: CutFileReader;
  readonly #readAhead: ReadAhead;

  /** @param right reads from whichever source has right bytes, where those of the first were wrong. */
  constructor(version: FileVersion, origin: OriginReads, use: FetcherOptions, right: ReadsRight) {
    this.version = version;
    this.#use = use;
    this.#blob = new CurrentBlob(version, use.store, use.keeps(version.originId));
    this.#fetcher = new Fetcher(version, origin, this.#blob, use);
    this.#cut = new CutFileReader(this.#fetcher, use, right);
    this.#readAhead = new ReadAhead(version.file.sizeBytes);
  }

  /** Whether nothing of it is being fetched. */
  get isIdle(): boolean {
    return this.#fetcher.isIdle;
  }

  /** An inode shows this version: the workers may answer for it. */
  link(ino: number, revision: number): void {
    this.#blob.link(ino, revision);
  }

  /**
   * Reads a range, which lies within the file, into memory that is the caller's.
   *
   * @throws what the origin threw, an {@link ErrnoError}, or `signal.reason`.
   */
  read(offsetBytes: number, lengthBytes: number, signal: AbortSignal): Promise<Uint8Array> {
    return this.lend(offsetBytes, lengthBytes, signal, (bytes) => new Uint8Array(bytes));
  }

  /**
   * Reads a range, which lies within the file, and lends its bytes to `use`.
   *
   * @returns what `use` does.
   * @throws as {@link read} does, or what `use` threw.
   */
  async lend<T>(offsetBytes: number, lengthBytes: number, signal: AbortSignal, use: Use<T>): Promise<T> {
    const wanted = { offsetBytes, lengthBytes, signal };
    for (let attempt = 1; ; attempt += 1) {
      signal.throwIfAborted();
      try {
        return await this.#lendOnce(wanted, use);
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
      if ((await this.#blob.find())?.checked.hasAll(range)) continue;
      const offsetBytes = from * BLOCK_BYTES;
      const lengthBytes = Math.min(range.to * BLOCK_BYTES, this.version.file.sizeBytes) - offsetBytes;
      const before = this.#fetcher.fetchedBytes;
      await this.lend(offsetBytes, lengthBytes, signal, () => undefined);
      onFetched(this.#fetcher.fetchedBytes - before);
    }
    await this.#fetcher.settled();
    return (await this.#blob.find())?.isWhole ?? false;
  }

  /** Looks whether its blob was changed by somebody else; what is right of it may be read at once after that. */
  async lookAgain(): Promise<void> {
    const blob = await this.#blob.find();
    if (!blob?.wasTouched) return;
    blob.distrust();
    if (blob.manifest) await this.#use.store.chunks.check(blob, blob.manifest);
  }

  /** Somebody reads here, and was answered: what follows may be fetched ahead. */
  ahead(offsetBytes: number, lengthBytes: number): void {
    const range = this.#readAhead.note(offsetBytes, lengthBytes, this.#fetcher.roundTripMs);
    if (range) this.#fetcher.fetchAhead(range);
  }

  async #lendOnce<T>(wanted: Wanted, use: Use<T>): Promise<T> {
    const { store } = this.#use;
    const blocks = blocksOf(wanted.offsetBytes, wanted.lengthBytes);
    const blob = await this.#blob.find();
    if (blob) blob.users += 1;
    try {
      if (blob) await this.#check(blob, blocks);
      if (blob?.manifest && !blob.checked.hasAll(blocks)) return await this.#lendChunks(blob, wanted, use);
      if (this.#blob.live !== blob) throw new BlobGoneError("another blob came meanwhile");
      return await this.#lendBlocks(blob, blocks, wanted, use);
    } finally {
      if (blob) store.release(blob);
    }
  }

  async #lendChunks<T>(blob: Blob, wanted: Wanted, use: Use<T>): Promise<T> {
    const { store } = this.#use;
    const { manifest } = blob;
    if (!manifest) throw new BlobGoneError("it is not cut");
    return this.#withBuffer(wanted.lengthBytes, async (target) => {
      const isHit = await this.#cut.read(blob, manifest, wanted.offsetBytes, target, wanted.signal);
      this.#count(blob, isHit, wanted.lengthBytes);
      store.chunks.checkLater(blob);
      return use(target);
    });
  }

  async #lendBlocks<T>(blob: Blob | undefined, blocks: BlockRange, wanted: Wanted, use: Use<T>): Promise<T> {
    const { offsetBytes, lengthBytes, signal } = wanted;
    const isHit = blob?.checked.hasAll(blocks) ?? false;
    if (!isHit) this.#fetcher.fetch(blocks);
    this.ahead(offsetBytes, lengthBytes);
    const count = (): void => this.#count(blob, isHit, lengthBytes);
    const single = this.#fetcher.pieceAt(blocks.from);
    if (single && single.to >= blocks.to) {
      const start = offsetBytes - single.offsetBytes;
      return single.lend(signal, (bytes) => {
        count();
        return use(bytes.subarray(start, start + lengthBytes));
      });
    }
    return this.#withBuffer(lengthBytes, async (target) => {
      await this.#gather(blob, blocks, offsetBytes, target, signal);
      count();
      return use(target);
    });
  }

  // What failed may still be writing to the buffer: it is not used again then.
  async #withBuffer<T>(lengthBytes: number, use: Use<T>): Promise<T> {
    const { pool } = this.#use;
    const buffer = pool.take(lengthBytes);
    const result = await use(buffer);
    pool.give(buffer);
    return result;
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

  // From whatever has them: pieces that are being fetched, and the blob.
  async #gather(
    blob: Blob | undefined,
    blocks: BlockRange,
    offsetBytes: number,
    target: Uint8Array,
    signal: AbortSignal,
  ): Promise<void> {
    const parts: Promise<void>[] = [];
    const endBytes = offsetBytes + target.length;
    for (let at = offsetBytes; at < endBytes; ) {
      const from = at;
      const piece = this.#fetcher.pieceAt(Math.floor(from / BLOCK_BYTES));
      at = Math.min(endBytes, piece ? piece.to * BLOCK_BYTES : endOfChecked(blob, from, blocks.to));
      const part = target.subarray(from - offsetBytes, at - offsetBytes);
      const filling = piece
        ? piece.lend(signal, (bytes) =>
            part.set(bytes.subarray(from - piece.offsetBytes).subarray(0, part.length)),
          )
        : this.#readFrom(blob, part, from);
      // Should the loop end early, nobody awaits it.
      filling.catch(() => undefined);
      parts.push(filling);
    }
    await Promise.all(parts);
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
}

/** Where the blocks end that can be read from the blob on from here. */
function endOfChecked(blob: Blob | undefined, atBytes: number, toBlock: number): number {
  let block = Math.floor(atBytes / BLOCK_BYTES);
  if (!blob?.checked.has(block)) throw new BlobGoneError("what was there is gone");
  while (block < toBlock && blob.checked.has(block)) block += 1;
  return block * BLOCK_BYTES;
}
