import type { OriginReads } from "../delta/delta.js";
import { ErrnoError } from "../errno.js";
import type { Logger } from "../logger.js";
import { settledBy } from "../settled-by.js";
import { BLOCK_BYTES, type BlockRange, blocksOf } from "../store/block-set.js";
import type { ContentStore } from "../store/content-store.js";
import type { FileVersion } from "../store/store-index.js";
import { BUFFER_BYTES, type BufferPool } from "./buffer-pool.js";
import type { ByteGate } from "./byte-gate.js";
import type { CurrentBlob } from "./current-blob.js";
import { Piece } from "./piece.js";
import type { AheadRange } from "./read-ahead.js";

/** What all fetchers share. */
export interface FetcherOptions {
  readonly store: ContentStore;
  /** Whether what is read of an origin is kept. */
  readonly keeps: (originId: string) => boolean;
  readonly pool: BufferPool;
  /** Bounds what is in memory of all fetches. */
  readonly gate: ByteGate;
  /** Longest that an origin may take for one piece, in milliseconds. */
  readonly timeoutMs: number;
  /** Aborts when the daemon stops. */
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** Most that is asked of an origin at once, in blocks. */
export const PIECE_BLOCKS = BUFFER_BYTES / BLOCK_BYTES;
/** After bytes could not be kept, nothing is fetched ahead for this long, in milliseconds. */
const NOT_KEPT_MS = 5_000;

/** Fetches what is missing of one version of a file, in whole blocks, each once, whoever wants it; and keeps it. */
export class Fetcher {
  readonly #version: FileVersion;
  readonly #origin: OriginReads;
  readonly #blob: CurrentBlob;
  readonly #use: FetcherOptions;
  readonly #pieces: Piece[] = [];
  #fetchedBytes = 0;
  #roundTripMs = 0;
  #notKeptMs = Number.NEGATIVE_INFINITY;

  constructor(version: FileVersion, origin: OriginReads, blob: CurrentBlob, use: FetcherOptions) {
    this.#version = version;
    this.#origin = origin;
    this.#blob = blob;
    this.#use = use;
  }

  /** Whether nothing is being fetched. */
  get isIdle(): boolean {
    return this.#pieces.length === 0;
  }

  /** Bytes that came from the origin. */
  get fetchedBytes(): number {
    return this.#fetchedBytes;
  }

  /** What the last range took for which somebody waited, in milliseconds; 0 before the first. */
  get roundTripMs(): number {
    return this.#roundTripMs;
  }

  /** Resolves when all that is being fetched at this moment is written, or is not going to be. */
  async settled(): Promise<void> {
    await Promise.all(this.#pieces.map(({ settled }) => settled));
  }

  /** What is being fetched and has a block. */
  pieceAt(block: number): Piece | undefined {
    return this.#pieces.find(({ from, to, signal }) => block >= from && block < to && !signal.aborted);
  }

  /** Fetches what nobody has or fetches of a range that somebody waits for. */
  fetch(blocks: BlockRange): void {
    for (const range of this.#missing(blocks)) this.#begin(range, false);
  }

  /** Fetches what is missing of a range for which nobody waits yet, if that is worth a request and there is room. */
  fetchAhead(range: AheadRange): void {
    if (performance.now() - this.#notKeptMs < NOT_KEPT_MS) return;
    const missing = [...this.#missing(blocksOf(range.offsetBytes, range.lengthBytes))];
    const blocks = missing.reduce((sum, { from, to }) => sum + to - from, 0);
    const isWorthwhile = blocks >= Math.min(PIECE_BLOCKS, range.lengthBytes / BLOCK_BYTES / 2);
    if (!isWorthwhile) return;
    for (const part of missing) {
      if (this.#use.gate.tryEnter(bytesOf(part))) this.#begin(part, true);
    }
  }

  /**
   * Asks the origin for bytes that are not kept.
   *
   * @param target where they may be written to; no longer the caller's when this rejects.
   * @throws what the origin threw, `wanted.reason`, or an {@link ErrnoError} EIO.
   */
  async ask(
    offsetBytes: number,
    lengthBytes: number,
    wanted: AbortSignal,
    target?: Uint8Array,
  ): Promise<Uint8Array> {
    const { timeoutMs, signal: stop } = this.#use;
    const { file } = this.#version;
    const signal = AbortSignal.any([wanted, stop, AbortSignal.timeout(timeoutMs)]);
    const reading = this.#origin.read(file, offsetBytes, lengthBytes, signal, target);
    const bytes = await settledBy(reading, signal);
    // Fewer bytes than the size that was shown would be silent damage.
    if (bytes.length !== lengthBytes) {
      throw new ErrnoError("EIO", `${bytes.length} bytes came instead of ${lengthBytes}`);
    }
    this.#fetchedBytes += lengthBytes;
    return bytes;
  }

  *#missing({ from, to }: BlockRange): Generator<BlockRange> {
    const blob = this.#blob.live;
    const isThere = (block: number): boolean => blob?.present.has(block) || this.pieceAt(block) !== undefined;
    for (let block = from; block < to; block += 1) {
      if (isThere(block)) continue;
      let end = block + 1;
      while (end < to && end - block < PIECE_BLOCKS && !isThere(end)) end += 1;
      yield { from: block, to: end };
      block = end - 1;
    }
  }

  /** @param isAhead nobody waits for it, and it has entered the gate already. */
  #begin(range: BlockRange, isAhead: boolean): void {
    const piece = new Piece(range, this.#version.file.sizeBytes, isAhead);
    this.#pieces.push(piece);
    piece.settled = this.#run(piece, isAhead).finally(() => {
      this.#pieces.splice(this.#pieces.indexOf(piece), 1);
      piece.end();
    });
  }

  async #run(piece: Piece, hasEntered: boolean): Promise<void> {
    const { gate, pool, log, signal: stop } = this.#use;
    let isInside = hasEntered;
    const what = `${piece.lengthBytes} bytes at ${piece.offsetBytes} of '${this.#version.file.path}'`;
    log.debug(`the store lacks ${what}`);
    try {
      if (!isInside) await gate.enter(bytesOf(piece), AbortSignal.any([piece.signal, stop]));
      isInside = true;
      const target = pool.take(piece.lengthBytes);
      const beganMs = performance.now();
      const bytes = await this.ask(piece.offsetBytes, piece.lengthBytes, piece.signal, target);
      if (!hasEntered) this.#roundTripMs = performance.now() - beganMs;
      piece.arrive(bytes, () => {
        // Who was asked for it first and did not answer may still write to it.
        if (bytes.buffer === target.buffer && bytes.byteOffset === target.byteOffset) pool.give(target);
      });
      const isKept = await this.#keep(piece, bytes);
      log.debug(`the store ${isKept ? "keeps" : "does not keep"} ${what}`);
    } catch (error) {
      piece.fail(error);
    } finally {
      if (isInside) gate.leave(bytesOf(piece));
    }
  }

  async #keep(piece: Piece, bytes: Uint8Array): Promise<boolean> {
    if (await this.#blob.keep(piece.from, bytes)) return true;
    this.#notKeptMs = performance.now();
    this.#use.store.counters.bypassedBytes += bytes.length;
    return false;
  }
}

/** Bytes of whole blocks: the last of a file may have fewer. */
function bytesOf({ from, to }: BlockRange): number {
  return (to - from) * BLOCK_BYTES;
}
