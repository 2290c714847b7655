/**
 * `closed`: everything is asked. `open`: it failed too often in a row, and is left alone. `half-open`: it answered since, and
 * is asked one request at a time until it has proved itself.
 */
export type BreakerState = "closed" | "open" | "half-open";

export interface BreakerLimits {
  /** Failures in a row that open it. */
  readonly failures: number;
  /** Answers in a row that close it. */
  readonly successes: number;
}

/** Remembers whether an origin is worth asking. It opens and closes by several answers, so that it does not flutter. */
export class Breaker {
  readonly #limits: BreakerLimits;
  #state: BreakerState = "closed";
  #inRow = 0;

  constructor(limits: BreakerLimits) {
    this.#limits = limits;
  }

  get state(): BreakerState {
    return this.#state;
  }

  succeeded(): void {
    if (this.#state === "closed") {
      this.#inRow = 0;
      return;
    }
    this.#inRow = this.#state === "open" ? 1 : this.#inRow + 1;
    this.#become(this.#inRow >= this.#limits.successes ? "closed" : "half-open");
  }

  failed(): void {
    if (this.#state === "open") return;
    this.#inRow = this.#state === "closed" ? this.#inRow + 1 : this.#limits.failures;
    if (this.#inRow >= this.#limits.failures) this.#become("open");
  }

  #become(state: BreakerState): void {
    if (state !== "half-open") this.#inRow = 0;
    this.#state = state;
  }
}
