import type { Blob } from "./blob.js";
import { syncFile } from "./blob-files.js";
import type { StoreIndex } from "./store-index.js";

export interface FlusherOptions {
  index(): StoreIndex;
  openBlobs(): Iterable<Blob>;
  /** The disk did not take it. */
  failed(error: unknown): void;
}

/** What was written is flushed when nothing was for so long, or after so long, in milliseconds. */
const QUIET_MS = 500;
const FLUSH_AFTER_MS = 10_000;

/** Brings to the disk what was written, and tells the index of it then and not before. */
export class Flusher {
  readonly #options: FlusherOptions;
  #flushing: Promise<void> | undefined;
  #putMs = Number.NEGATIVE_INFINITY;
  #flushedMs = performance.now();

  constructor(options: FlusherOptions) {
    this.#options = options;
  }

  /** Something is being written. */
  notePut(): void {
    this.#putMs = performance.now();
  }

  /** A flush keeps the disk busy, and whoever reads waits: it is put off while something is fetched, but not for long. */
  get isDue(): boolean {
    const nowMs = performance.now();
    return nowMs - this.#putMs >= QUIET_MS || nowMs - this.#flushedMs >= FLUSH_AFTER_MS;
  }

  /** Flushes what was written until now; who calls it while it runs waits for that run. */
  flush(): Promise<void> {
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
      this.#flushedMs = performance.now();
    });
    return this.#flushing;
  }

  /** Waits for a flush that runs, and flushes the rest. */
  async flushLast(): Promise<void> {
    await this.#flushing;
    await this.#flush();
  }

  async #flush(): Promise<void> {
    const { index, openBlobs, failed } = this.#options;
    const dirty = [...openBlobs()].filter((blob) => blob.isDirty);
    for (const blob of dirty) {
      const flushed = blob.snapshot();
      blob.isDirty = false;
      blob.users += 1;
      try {
        await syncFile(blob.fd);
        if (blob.isGone) continue;
        index().saveFlushed([flushed]);
        blob.flushedBytes = flushed.logicalBytes;
      } catch (error) {
        blob.isDirty = true;
        if (!blob.isGone) failed(error);
      } finally {
        blob.users -= 1;
      }
    }
  }
}
