import { formatBytes, formatCount, formatDuration } from "./format.js";
import { createScreen, type Screen } from "./screen.js";

/** How far something is that has files and bytes. */
export interface Progress {
  readonly filesDone: number;
  readonly filesTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
}

/** Rates are those of so long ago until now. */
const WINDOW_MS = 5_000;

/** One line on the terminal that tells how far something is, how fast, and how long it will take. */
export class ProgressLine {
  readonly #screen: Screen;
  readonly #verb: string;
  readonly #now: () => number;
  readonly #samples: { readonly ms: number; readonly bytes: number }[] = [];

  /** @param verb what is going on, such as `fetching` */
  constructor(verb: string, screen = createScreen(process.stderr), now = () => performance.now()) {
    this.#verb = verb;
    this.#screen = screen;
    this.#now = now;
  }

  show(progress: Progress): void {
    if (this.#screen.isTerminal) this.#screen.show(this.format(progress));
  }

  clear(): void {
    this.#screen.clear();
  }

  /** `fetching 3 of 12 files, 120.0 MiB of 600.0 MiB, 85.0 MiB/s, 6 s to go` */
  format({ filesDone, filesTotal, bytesDone, bytesTotal }: Progress): string {
    const bytesPerMs = this.#rate(bytesDone);
    const left = bytesTotal - bytesDone;
    return [
      `${this.#verb} ${formatCount(filesDone)} of ${formatCount(filesTotal)} files`,
      `${formatBytes(bytesDone)} of ${formatBytes(bytesTotal)}`,
      ...(bytesPerMs > 0 ? [`${formatBytes(bytesPerMs * 1000)}/s`] : []),
      ...(bytesPerMs > 0 && left > 0 ? [`${formatDuration(left / bytesPerMs)} to go`] : []),
    ].join(", ");
  }

  #rate(bytes: number): number {
    const ms = this.#now();
    this.#samples.push({ ms, bytes });
    while (this.#samples.length > 2 && (this.#samples[0]?.ms ?? ms) < ms - WINDOW_MS) this.#samples.shift();
    const [first] = this.#samples;
    return first && ms > first.ms ? (bytes - first.bytes) / (ms - first.ms) : 0;
  }
}
