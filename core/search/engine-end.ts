import { MusicfsError } from "../errors.js";
import type { SearchAnswer, SearchProgress, SearchQuery, SearchSession } from "../model/search-engine.js";
import { type HandedSearch, SearchQueue } from "./search-queue.js";

/** To the thread or process of an engine. */
export type ToEngine =
  | HandedSearch
  /** The catalogue has changed. */
  | { readonly kind: "follow" };

/** From it. */
export type FromEngine =
  /** Searches are answered from now on. `note`: why a new index was begun. */
  | { readonly kind: "opened"; readonly note?: string }
  | { readonly kind: "answer"; readonly ticket: number; readonly answer: SearchAnswer }
  | { readonly kind: "refused"; readonly ticket: number; readonly message: string }
  /** After each commit, and once at the start. */
  | ({ readonly kind: "progress" } & IndexProgress);

/** How far an index has come. */
export interface IndexProgress {
  readonly tracks: number;
  /** The last change of a track that it has; see {@link SearchProgress.stamp}. */
  readonly stamp: number;
  /** Whether there was nothing more when it looked. */
  readonly isCurrent: boolean;
}

export interface EngineEndOptions {
  readonly session: SearchSession;
  /** Longest that one search may take once it was handed over, in milliseconds. */
  readonly timeoutMs: number;
  send(message: ToEngine): void;
  /** The search that was handed over last takes too long. */
  onTimeout(): void;
}

/** Hints that the catalogue changed are passed on at most this often, in milliseconds. */
const FOLLOW_EVERY_MS = 20;

/** The main thread's end of an engine that works in a thread or a process of its own: all but its life and death. */
export class EngineEnd {
  readonly queue: SearchQueue;
  readonly #options: EngineEndOptions;
  #progress: SearchProgress = { state: "indexing", tracks: 0 };
  #follow: NodeJS.Timeout | undefined;

  constructor(options: EngineEndOptions) {
    this.#options = options;
    const { timeoutMs, onTimeout } = options;
    this.queue = new SearchQueue({ timeoutMs, send: (search) => options.send(search), onTimeout });
  }

  get progress(): SearchProgress {
    return this.#progress;
  }

  /** Tells the session, too. */
  set progress(progress: SearchProgress) {
    this.#progress = progress;
    this.#options.session.onProgress(progress);
  }

  search(query: SearchQuery, limit: number, signal: AbortSignal): Promise<SearchAnswer> {
    return this.queue.search(query, limit, signal);
  }

  follow(): void {
    this.#follow ??= setTimeout(() => {
      this.#follow = undefined;
      this.#options.send({ kind: "follow" });
    }, FOLLOW_EVERY_MS);
  }

  hear(message: FromEngine): void {
    switch (message.kind) {
      case "opened":
        if (message.note !== undefined)
          this.#options.session.log.warn(`${message.note}; a new one is made of the catalogue`);
        this.queue.resume();
        break;
      case "answer":
        this.queue.settle(message.ticket, message.answer);
        break;
      case "refused":
        this.queue.settle(message.ticket, searchFailed(`the search failed: ${message.message}`));
        break;
      case "progress":
        this.progress = progressOf(message, this.#progress);
        break;
    }
  }

  /** Takes no more, and gives up what waits. */
  close(): void {
    clearTimeout(this.#follow);
    this.queue.close(searchFailed("the search is closed"));
  }
}

export function searchFailed(message: string): MusicfsError {
  return new MusicfsError("MFS_SEARCH_FAILED", message);
}

// What was wrong is told until more is indexed than was then.
function progressOf(
  { tracks, stamp, isCurrent }: IndexProgress,
  { reason, ...before }: SearchProgress,
): SearchProgress {
  if (isCurrent) return { state: "ready", tracks, stamp };
  const isStuck = reason !== undefined && tracks <= before.tracks;
  return { state: "indexing", tracks, stamp, ...(isStuck ? { reason } : {}) };
}
