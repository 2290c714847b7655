import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";

export interface CuttingQueueOptions {
  readonly log: Logger;
  /** Cuts the file of a blob, and keeps what it shares once. */
  work(id: number): Promise<void>;
}

/** A file is cut when nothing was fetched for so long, or it has waited for so long, in milliseconds. */
const QUIET_MS = 400;
const PATIENCE_MS = 5_000;

interface Waiting {
  readonly id: number;
  readonly sinceMs: number;
  /** Not before this. */
  readonly fromMs: number;
}

/** The blobs whose files are to be cut: one at a time, behind the readers. */
export class CuttingQueue {
  readonly #options: CuttingQueueOptions;
  readonly #queue: Waiting[] = [];
  #fetchedMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: CuttingQueueOptions) {
    this.#options = options;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Something was fetched: cutting can wait. */
  noteFetch(): void {
    this.#fetchedMs = performance.now();
  }

  add(id: number, afterMs = 0): void {
    if (this.#queue.some((waiting) => waiting.id === id)) return;
    const nowMs = performance.now();
    this.#queue.push({ id, sinceMs: nowMs, fromMs: nowMs + afterMs });
    this.#schedule();
  }

  /** Begins nothing more; what waits is forgotten. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#queue.length = 0;
  }

  /** Resolves when nothing is being worked on. */
  async ended(): Promise<void> {
    await this.#working;
  }

  #schedule(): void {
    if (this.#isClosed || this.#working || this.#queue.length === 0) return;
    clearTimeout(this.#timer);
    const nowMs = performance.now();
    const waitMs = Math.min(
      ...this.#queue.map(({ sinceMs, fromMs }) =>
        Math.max(fromMs - nowMs, Math.min(this.#fetchedMs + QUIET_MS, sinceMs + PATIENCE_MS) - nowMs),
      ),
    );
    this.#timer = setTimeout(() => this.#begin(), Math.max(0, waitMs)).unref();
  }

  #begin(): void {
    const nowMs = performance.now();
    const isQuiet = nowMs - this.#fetchedMs >= QUIET_MS;
    const index = this.#queue.findIndex(
      ({ sinceMs, fromMs }) => nowMs >= fromMs && (isQuiet || nowMs - sinceMs >= PATIENCE_MS),
    );
    const [next] = index < 0 ? [] : this.#queue.splice(index, 1);
    if (!next) {
      this.#schedule();
      return;
    }
    this.#working = this.#options
      .work(next.id)
      .catch((error) => {
        if (!this.#isClosed) this.#options.log.warn(`a cached file could not be cut: ${messageOf(error)}`);
      })
      .finally(() => {
        this.#working = undefined;
        this.#schedule();
      });
  }
}
