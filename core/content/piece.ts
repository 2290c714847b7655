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
  #waiters = 0;
  #isSettled = false;

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

  /** Its bytes, once they are here. @throws PieceDroppedError, what the fetch threw, or `signal.reason`. */
  async wait(signal: AbortSignal): Promise<Uint8Array> {
    if (this.signal.aborted) throw new PieceDroppedError("nobody wanted it");
    this.#waiters += 1;
    try {
      return await settledBy(this.#bytes, signal);
    } finally {
      this.#waiters -= 1;
      if (this.#waiters === 0 && !this.#isSettled && !this.#isAhead) {
        this.#controller.abort(new PieceDroppedError("nobody waits for it"));
      }
    }
  }

  /** They are here. */
  arrive(bytes: Uint8Array): void {
    this.#isSettled = true;
    this.#resolve(bytes);
  }

  fail(error: unknown): void {
    this.#isSettled = true;
    this.#reject(error);
  }
}
