import { settledBy } from "../settled-by.js";
import { BLOCK_BYTES, type BlockRange } from "../store/block-set.js";

/** The last who waited for a piece went away before it came: whoever comes now asks again. */
export class PieceDroppedError extends Error {
  override readonly name = "PieceDroppedError";
}

/**
 * Some blocks of a file that are being fetched, for however many readers wait for them. It exists until they are
 * written, and answers from memory until then. When nobody waits for it any more, and it is not read ahead, the
 * fetch is aborted.
 */
export class Piece implements BlockRange {
  readonly from: number;
  readonly to: number;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  /** Aborts when nobody wants it any more. */
  readonly signal: AbortSignal;
  /** Resolves when its bytes are written, or are not going to be. */
  settled: Promise<void> = Promise.resolve();
  readonly #isAhead: boolean;
  readonly #controller = new AbortController();
  readonly #bytes: Promise<Uint8Array>;
  #resolve: (bytes: Uint8Array) => void = () => undefined;
  #reject: (error: unknown) => void = () => undefined;
  #users = 0;
  #isSettled = false;
  #isEnded = false;
  #onUnused: (() => void) | undefined;

  constructor(range: BlockRange, sizeBytes: number, isAhead: boolean) {
    this.from = range.from;
    this.to = range.to;
    this.offsetBytes = range.from * BLOCK_BYTES;
    this.lengthBytes = Math.min(range.to * BLOCK_BYTES, sizeBytes) - this.offsetBytes;
    this.signal = this.#controller.signal;
    this.#isAhead = isAhead;
    this.#bytes = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    this.#bytes.catch(() => undefined);
  }

  /**
   * Lends its bytes, once they are here: they are right until what `use` returns has settled.
   *
   * @throws PieceDroppedError, what the fetch threw, what `use` threw, or `signal.reason`.
   */
  async lend<T>(signal: AbortSignal, use: (bytes: Uint8Array) => T | Promise<T>): Promise<T> {
    if (this.signal.aborted) throw new PieceDroppedError("nobody wanted it");
    this.#users += 1;
    try {
      return await use(await settledBy(this.#bytes, signal));
    } finally {
      this.#users -= 1;
      if (this.#users === 0 && !this.#isSettled && !this.#isAhead) {
        this.#controller.abort(new PieceDroppedError("nobody waits for it"));
      }
      this.#noteUnused();
    }
  }

  /** They are here. @param onUnused called when nobody reads them any more, and nobody will. */
  arrive(bytes: Uint8Array, onUnused: () => void): void {
    this.#isSettled = true;
    this.#onUnused = onUnused;
    this.#resolve(bytes);
  }

  fail(error: unknown): void {
    this.#isSettled = true;
    this.#reject(error);
  }

  /** They are written, or are not going to be, and nobody will ask for the piece any more. */
  end(): void {
    this.#isEnded = true;
    this.#noteUnused();
  }

  #noteUnused(): void {
    if (!this.#isEnded || this.#users > 0) return;
    this.#onUnused?.();
    this.#onUnused = undefined;
  }
}
