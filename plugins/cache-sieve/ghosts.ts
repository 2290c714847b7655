/** So many are remembered in any case. */
const LEAST = 1000;

/** Versions of files that left while they were on trial: the last ones, in bounded memory. */
export class Ghosts {
  #recent = new Set<number>();
  #older = new Set<number>();

  /** Remembers it, with at least `count` others that came before it and at most twice as many. */
  remember(version: number, count: number): void {
    this.#recent.add(version);
    if (this.#recent.size < Math.max(LEAST, count)) return;
    this.#older = this.#recent;
    this.#recent = new Set();
  }

  /** @returns whether it was remembered. */
  forget(version: number): boolean {
    const wasOlder = this.#older.delete(version);
    return this.#recent.delete(version) || wasOlder;
  }
}
