import type { StoreProgress } from "../store/store.js";

/** Progress is told at most this often, in milliseconds. */
const TELL_EVERY_MS = 100;

/** Counts how far a long operation is, and tells it now and then. */
export class ProgressMeter {
  readonly #tell: (progress: StoreProgress) => void;
  readonly #total: { readonly files: number; readonly bytes: number };
  #files = 0;
  #bytes = 0;
  #toldMs = Number.NEGATIVE_INFINITY;

  constructor(
    total: { readonly files: number; readonly bytes: number },
    tell: (progress: StoreProgress) => void,
  ) {
    this.#total = total;
    this.#tell = tell;
  }

  add(files: number, bytes: number): void {
    this.#files += files;
    this.#bytes += bytes;
    const nowMs = performance.now();
    if (nowMs - this.#toldMs < TELL_EVERY_MS) return;
    this.#toldMs = nowMs;
    this.tell();
  }

  tell(): void {
    this.#tell({
      doneFiles: this.#files,
      totalFiles: this.#total.files,
      doneBytes: this.#bytes,
      totalBytes: this.#total.bytes,
    });
  }
}
