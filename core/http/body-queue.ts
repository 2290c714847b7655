import type { IncomingHttpHeaders } from "node:http";
import type { Flow, Receiver } from "./exchange.js";

/** Bytes that wait to be taken before the server is held up. */
const HIGH_BYTES = 1024 * 1024;

/** An answer that has begun. */
export interface BegunAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer>;
}

/** The body of an answer, to be taken piece by piece; a slow taker holds the server up. */
export class BodyQueue implements Receiver, AsyncIterable<Buffer> {
  readonly #begun: (answer: BegunAnswer) => void;
  readonly #failed: (error: unknown) => void;
  #pieces: Buffer[] = [];
  #bytes = 0;
  #flow: Flow | undefined;
  #isPaused = false;
  #isEnded = false;
  #failure: { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  /** Whatever fails before the answer begins is told to `failed`, and what fails later to whoever takes the body. */
  constructor(begun: (answer: BegunAnswer) => void, failed: (error: unknown) => void) {
    this.#begun = begun;
    this.#failed = failed;
  }

  start(status: number, headers: IncomingHttpHeaders, flow: Flow): void {
    this.#flow = flow;
    this.#begun({ status, headers, body: this });
  }

  data(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    if (this.#bytes > HIGH_BYTES && !this.#isPaused) {
      this.#isPaused = true;
      this.#flow?.pause();
    }
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  fail(error: unknown): void {
    this.#failure = { error };
    this.#failed(error);
    this.#wake();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    for (;;) {
      if (this.#failure) throw this.#failure.error;
      const pieces = this.#take();
      yield* pieces;
      if (pieces.length > 0 || this.#failure) continue;
      if (this.#isEnded) return;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  #take(): Buffer[] {
    const pieces = this.#pieces;
    this.#pieces = [];
    this.#bytes = 0;
    if (this.#isPaused) {
      this.#isPaused = false;
      this.#flow?.resume();
    }
    return pieces;
  }
}
