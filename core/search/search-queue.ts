import { MusicfsError } from "../errors.js";
import type { SearchAnswer, SearchQuery } from "../model/search-engine.js";

/** Searches that wait at most; more are refused. */
const MAX_WAITING = 256;
/** Longest that a search waits for its turn, in milliseconds: for others, and for a process that starts. */
const WAIT_MS = 10_000;
/** How often a search may be handed over: a second time when its process died over the first. */
const MAX_ATTEMPTS = 2;

/** A search that is handed over; its answer comes with the same ticket. */
export interface HandedSearch {
  readonly kind: "search";
  readonly ticket: number;
  readonly query: SearchQuery;
  readonly limit: number;
}

export interface SearchQueueOptions {
  /** Longest that one search may take once it was handed over. */
  readonly timeoutMs: number;
  send(search: HandedSearch): void;
  /** The search that was handed over last takes too long. */
  onTimeout(): void;
}

interface Waiting {
  readonly ticket: number;
  readonly query: SearchQuery;
  readonly limit: number;
  attempts: number;
  settle(result: SearchAnswer | Error): void;
}

/** Hands searches to a process or thread one at a time, so that it is known over which one it hangs or dies. */
export class SearchQueue {
  readonly #options: SearchQueueOptions;
  readonly #waiting: Waiting[] = [];
  #current: Waiting | undefined;
  #timer: NodeJS.Timeout | undefined;
  #isRunning = false;
  #closed: Error | undefined;
  #nextTicket = 1;

  constructor(options: SearchQueueOptions) {
    this.#options = options;
  }

  async search(query: SearchQuery, limit: number, signal: AbortSignal): Promise<SearchAnswer> {
    signal.throwIfAborted();
    if (this.#closed) throw this.#closed;
    if (this.#waiting.length >= MAX_WAITING) throw busy(`${MAX_WAITING} searches are waiting already`);
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        ticket: this.#nextTicket++,
        query,
        limit,
        attempts: 0,
        settle: (result) => {
          clearTimeout(late);
          signal.removeEventListener("abort", abort);
          if (result instanceof Error) reject(result);
          else resolve(result);
        },
      };
      // One that was handed over is answered all the same; nobody waits for it.
      const leave = (reason: Error): void => {
        const at = this.#waiting.indexOf(waiting);
        if (at >= 0) this.#waiting.splice(at, 1);
        waiting.settle(reason);
      };
      const abort = (): void => leave(signal.reason);
      const late = setTimeout(() => leave(busy(`it had no answer after ${WAIT_MS} ms`)), WAIT_MS);
      signal.addEventListener("abort", abort, { once: true });
      this.#waiting.push(waiting);
      this.#handOver();
    });
  }

  /** The process takes searches from now on. */
  resume(): void {
    this.#isRunning = true;
    this.#handOver();
  }

  settle(ticket: number, result: SearchAnswer | Error): void {
    if (this.#current?.ticket !== ticket) return;
    const { settle } = this.#takeCurrent();
    settle(result);
    this.#handOver();
  }

  /** The process has died: what it had is handed over again, unless it was that for the second time. */
  interrupt(error: Error): void {
    this.#isRunning = false;
    if (!this.#current) return;
    const current = this.#takeCurrent();
    if (current.attempts < MAX_ATTEMPTS) this.#waiting.unshift(current);
    else current.settle(error);
  }

  /** Gives up what waits. */
  fail(error: Error): void {
    for (const { settle } of this.#waiting.splice(0)) settle(error);
  }

  /** Gives up everything, and takes no more. */
  close(error: Error): void {
    this.#closed = error;
    this.#isRunning = false;
    if (this.#current) this.#takeCurrent().settle(error);
    this.fail(error);
  }

  #handOver(): void {
    if (!this.#isRunning || this.#current) return;
    const next = this.#waiting.shift();
    if (!next) return;
    next.attempts++;
    this.#current = next;
    this.#timer = setTimeout(() => this.#tooLong(next), this.#options.timeoutMs);
    const { ticket, query, limit } = next;
    this.#options.send({ kind: "search", ticket, query, limit });
  }

  #tooLong(waiting: Waiting): void {
    this.#isRunning = false;
    if (this.#current === waiting) this.#takeCurrent();
    waiting.settle(busy(`it took longer than ${this.#options.timeoutMs} ms, and was ended`));
    this.#options.onTimeout();
  }

  #takeCurrent(): Waiting {
    const current = this.#current as Waiting;
    this.#current = undefined;
    clearTimeout(this.#timer);
    return current;
  }
}

function busy(what: string): MusicfsError {
  return new MusicfsError("MFS_SEARCH_FAILED", `the search was given up: ${what}`);
}
