import type { ScanStatus } from "../control/status.js";

/** Span over which the rate is taken, in milliseconds. */
const RATE_WINDOW_MS = 5_000;

/** Counts what a scan does, for the status and for a progress line. */
export class ScanProgress {
  #running = 0;
  #listing = 0;
  #done = 0;
  #total = 0;
  #unreadable = 0;
  // (time, done) at the start of the window that the rate is taken over, and of the one before.
  #marks: [number, number][] = [];

  start(): void {
    if (this.#running++ > 0) return;
    this.#done = 0;
    this.#total = 0;
    this.#unreadable = 0;
    this.#marks = [[performance.now(), 0]];
  }

  end(): void {
    this.#running--;
  }

  listingStarted(): void {
    this.#listing++;
  }

  listingEnded(): void {
    this.#listing--;
  }

  /** Files that the listing showed, and of which nothing needs to be read. */
  unchanged(files: number): void {
    this.#total += files;
    this.read(files);
  }

  /** Files that the listing showed, and whose tags are to be read. */
  found(files: number): void {
    this.#total += files;
  }

  /** Files whose tags are known now. */
  read(files: number): void {
    this.#done += files;
    const now = performance.now();
    const last = this.#marks.at(-1);
    if (!last || now - last[0] > RATE_WINDOW_MS / 2)
      this.#marks = [...this.#marks.slice(-1), [now, this.#done]];
  }

  unreadableFolders(folders: number): void {
    this.#unreadable += folders;
  }

  status(skipped: number): ScanStatus {
    const filesPerSecond = this.#rate();
    // What another look had noted may be read by this one.
    const left = Math.max(0, this.#total - this.#done);
    const knowsEta = this.#running > 0 && this.#listing === 0 && filesPerSecond > 0;
    return {
      state: this.#running > 0 ? "running" : "idle",
      done: this.#done,
      total: this.#total,
      skipped,
      unreadableFolders: this.#unreadable,
      filesPerSecond: Math.round(filesPerSecond),
      ...(knowsEta ? { etaMs: Math.round((left / filesPerSecond) * 1000) } : {}),
    };
  }

  #rate(): number {
    const [first] = this.#marks;
    if (this.#running === 0 || !first) return 0;
    const seconds = (performance.now() - first[0]) / 1000;
    return seconds > 0 ? (this.#done - first[1]) / seconds : 0;
  }
}
