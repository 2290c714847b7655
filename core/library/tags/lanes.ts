/** What a worker begins with. */
const FIRST_LIMIT = 4;
const MAX_LIMIT = 16;
/** A file that takes longer, in milliseconds, shows that the origin has enough to do. */
const SLOW_MS = 1_000;

/**
 * How many files of an origin elsewhere a worker reads at one time. Most of its time each waits for a few bytes, so many
 * at once are as much faster; where they only get into each other's way, there are fewer.
 */
export class Lanes {
  #limit = FIRST_LIMIT;
  #busy = 0;
  readonly #waiting: (() => void)[] = [];

  /** Runs `read` in a lane. Resolves when that has begun. */
  async run(read: () => Promise<void>): Promise<void> {
    if (this.#busy >= this.#limit) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#busy++;
    const startMs = performance.now();
    void read().finally(() => this.#leave(performance.now() - startMs));
  }

  #leave(tookMs: number): void {
    this.#limit = tookMs < SLOW_MS ? Math.min(MAX_LIMIT, this.#limit + 1) : Math.max(1, this.#limit >> 1);
    this.#busy--;
    for (let free = this.#limit - this.#busy; free > 0; free--) this.#waiting.shift()?.();
  }
}
