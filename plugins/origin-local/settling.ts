/** What was noted of a path is told this long after the last word of it, in milliseconds. */
const SETTLE_MS = 500;
/** Something that is gone waits longer, so that whatever it was moved to is told no later. */
const GONE_MS = 650;
/** A path that changes again soon after it was told waits twice as long each time, up to this. */
const MAX_SETTLE_MS = 8_000;
/** How long it is remembered that a path was told, in milliseconds. */
const REMEMBER_MS = 10_000;
/** More paths at once mean that everything is to be looked at. */
const MAX_PATHS = 50_000;

interface Told {
  readonly settleMs: number;
  readonly atMs: number;
}

/**
 * Collects paths that changed, and tells each once it has settled: a file that is being written is told of
 * when nobody has written to it for half a second, and later each time that this proved too soon.
 */
export class Settling {
  readonly #dueMs = new Map<string, number>();
  readonly #told = new Map<string, Told>();
  readonly #maxPaths: number;

  constructor(maxPaths = MAX_PATHS) {
    this.#maxPaths = maxPaths;
  }

  /** Notes that something happened at `path`; `""` stands for everything. */
  note(path: string, nowMs: number, isGone = false): void {
    if (this.#dueMs.size >= this.#maxPaths && !this.#dueMs.has(path)) {
      this.#dueMs.clear();
      this.#dueMs.set("", nowMs + SETTLE_MS);
    } else if (!this.#dueMs.has("")) {
      this.#dueMs.set(path, nowMs + (isGone ? GONE_MS : this.#settleMs(path, nowMs)));
    }
  }

  /** Takes out the paths that have settled. */
  take(nowMs: number): string[] {
    const due: string[] = [];
    for (const [path, dueMs] of this.#dueMs) if (dueMs <= nowMs) due.push(path);
    for (const path of due) {
      this.#told.set(path, { settleMs: this.#settleMs(path, nowMs), atMs: nowMs });
      this.#dueMs.delete(path);
    }
    this.#forget(nowMs);
    return due;
  }

  /** Whether anything waits. */
  get isEmpty(): boolean {
    return this.#dueMs.size === 0;
  }

  #settleMs(path: string, nowMs: number): number {
    const told = this.#told.get(path);
    if (!told || nowMs - told.atMs > REMEMBER_MS) return SETTLE_MS;
    return Math.min(told.settleMs * 2, MAX_SETTLE_MS);
  }

  #forget(nowMs: number): void {
    for (const [path, { atMs }] of this.#told) {
      if (nowMs - atMs <= REMEMBER_MS && this.#told.size <= this.#maxPaths) return;
      this.#told.delete(path);
    }
  }
}
