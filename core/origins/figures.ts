import { Latency } from "../metrics/latency.js";

/** Reads whose times are remembered. */
const REMEMBERED = 128;

/** What was asked of one origin, since the start. */
export class OriginFigures {
  /** Bytes that it gave. */
  bytes = 0;
  /** When it gave bytes last, in milliseconds of `performance.now()`. */
  gaveMs = Number.NEGATIVE_INFINITY;
  /** Reads that failed. */
  errors = 0;
  /** Requests that were made once more. */
  retries = 0;
  /** Reads that another origin answered in its stead. */
  failovers = 0;
  /** Reads of it in which another origin was asked, too, since it took long. */
  hedges = 0;
  /** Pieces that were not what their hash says. */
  wrongPieces = 0;
  readonly latency = new Latency();
  readonly #lastMs = new Float64Array(REMEMBERED);
  #reads = 0;

  /** Counts a read, and how long it took, in milliseconds. */
  took(ms: number): void {
    this.latency.add(ms);
    this.#lastMs[this.#reads % REMEMBERED] = ms;
    this.#reads += 1;
  }

  /** The time that this part of the last reads did not exceed, in milliseconds; `undefined` before the first. */
  quantile(part: number): number | undefined {
    const known = Math.min(this.#reads, REMEMBERED);
    if (known === 0) return undefined;
    const sorted = this.#lastMs.slice(0, known).sort();
    return sorted[Math.min(known - 1, Math.floor(part * known))];
  }
}
