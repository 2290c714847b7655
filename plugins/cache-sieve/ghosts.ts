/** So many keys are remembered in any case. */
const LEAST = 1000;

/** Keys of files that left while they were on trial: the last ones, in bounded memory. */
export class Ghosts {
  #recent = new Set<number>();
  #older = new Set<number>();

  /** Remembers it, with at least `count` others that came before it and at most twice as many. */
  remember(key: number, count: number): void {
    this.#recent.add(key);
    if (this.#recent.size < Math.max(LEAST, count)) return;
    this.#older = this.#recent;
    this.#recent = new Set();
  }

  /** @returns whether it was remembered. */
  forget(key: number): boolean {
    const wasOlder = this.#older.delete(key);
    return this.#recent.delete(key) || wasOlder;
  }
}
