/** Slower than this an answer counts as standing still, in bytes a second: a tenth of the slowest music. */
const MIN_BYTES_PER_SECOND = 1024;

/**
 * Notices an answer that stands still, or drips so slowly that it might as well. The rate is looked at once in each
 * `idleTimeoutMs`.
 */
export class StallWatch {
  readonly #idleTimeoutMs: number;
  readonly #onStall: (why: string) => void;
  #timer: NodeJS.Timeout | undefined;
  #sinceMs = 0;
  #bytes = 0;
  /** Times that something came. */
  #notes = 0;

  constructor(idleTimeoutMs: number, onStall: (why: string) => void) {
    this.#idleTimeoutMs = idleTimeoutMs;
    this.#onStall = onStall;
  }

  start(): void {
    this.stop();
    this.#sinceMs = performance.now();
    this.#bytes = 0;
    this.#timer = setTimeout(() => this.#look(), this.#idleTimeoutMs);
  }

  /** So many bytes came. */
  note(bytes: number): void {
    if (!this.#timer) return;
    this.#timer.refresh();
    this.#notes += 1;
    this.#bytes += bytes;
    const elapsedMs = performance.now() - this.#sinceMs;
    if (elapsedMs < this.#idleTimeoutMs) return;
    if (this.#bytes * 1000 < MIN_BYTES_PER_SECOND * elapsedMs) {
      this.#onStall(`only ${this.#bytes} bytes came in ${Math.round(elapsedMs)} ms`);
      return;
    }
    this.#sinceMs += elapsedMs;
    this.#bytes = 0;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  // A thread that was held proves nothing of the server: what has come meanwhile is taken first.
  #look(): void {
    const notes = this.#notes;
    setImmediate(() => {
      if (this.#timer && this.#notes === notes) this.#onStall(`nothing came for ${this.#idleTimeoutMs} ms`);
    });
  }
}
