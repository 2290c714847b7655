import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";

/** After a failure of the cache's disk it is left alone for this long, in milliseconds. */
const REST_MS = 5_000;
/** That the cache is off is said at most this often, in milliseconds. */
const SAY_EVERY_MS = 60_000;

/**
 * Whether the cache's disk can be written. A disk that is full, read-only or broken is no reason to fail a read:
 * nothing is kept for a while, then it is tried again.
 */
export class StoreHealth {
  readonly #log: Logger;
  readonly #folder: string;
  #reason: string | undefined;
  #triedMs = 0;
  #saidMs = Number.NEGATIVE_INFINITY;

  constructor(folder: string, log: Logger) {
    this.#folder = folder;
    this.#log = log;
  }

  /** Why the cache is off; `undefined` while it is on. */
  get reason(): string | undefined {
    return this.#reason;
  }

  /** Whether a write may be tried now. */
  get mayWrite(): boolean {
    if (this.#reason === undefined) return true;
    const nowMs = performance.now();
    if (nowMs - this.#triedMs < REST_MS) return false;
    this.#triedMs = nowMs;
    return true;
  }

  failed(error: unknown): void {
    const nowMs = performance.now();
    this.#reason = messageOf(error);
    this.#triedMs = nowMs;
    if (nowMs - this.#saidMs < SAY_EVERY_MS) return;
    this.#saidMs = nowMs;
    this.#log.warn(
      `the cache in ${this.#folder} cannot be written, so files come straight from their origins: ${this.#reason}`,
    );
  }

  worked(): void {
    if (this.#reason === undefined) return;
    this.#reason = undefined;
    this.#saidMs = Number.NEGATIVE_INFINITY;
    this.#log.info(`the cache in ${this.#folder} is written again`);
  }
}
