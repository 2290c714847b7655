import { rmSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { MusicfsError } from "musicfs";
import {
  type SearchAnswer,
  type SearchIndex,
  type SearchProgress,
  type SearchQuery,
  SearchQueue,
  type SearchSession,
} from "musicfs/search";
import { isDamage } from "./index-database.js";
import type { FromThread, ThreadSettings, ToThread } from "./messages.js";

export interface SqliteOptions {
  /** Longest that one search may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** Pauses before the thread is started again, in milliseconds: after its first failure in a row, its second, ... */
const RESTART_AFTER_MS = [100, 1_000, 10_000] as const;
/** Hints that the catalogue changed are passed on at most this often, in milliseconds. */
const FOLLOW_EVERY_MS = 20;

/** Opens an index of FTS5 in a thread of its own. */
export function openSqlite(session: SearchSession, options: SqliteOptions): SearchIndex {
  return new SqliteIndex(session, options);
}

/** The main thread's end: starts the thread, and starts it again when it fails. */
class SqliteIndex implements SearchIndex {
  readonly #session: SearchSession;
  readonly #queue: SearchQueue;
  #progress: SearchProgress = { state: "indexing", tracks: 0 };
  #worker: Worker | undefined;
  #failures = 0;
  #restart: NodeJS.Timeout | undefined;
  #follow: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(session: SearchSession, { timeoutMs }: SqliteOptions) {
    this.#session = session;
    this.#queue = new SearchQueue({
      timeoutMs,
      send: (search) => this.#send(search),
      onTimeout: () => this.#replace(),
    });
    this.#start();
  }

  get progress(): SearchProgress {
    return this.#progress;
  }

  search(query: SearchQuery, limit: number, signal: AbortSignal): Promise<SearchAnswer> {
    return this.#queue.search(query, limit, signal);
  }

  follow(): void {
    this.#follow ??= setTimeout(() => {
      this.#follow = undefined;
      this.#send({ kind: "follow" });
    }, FOLLOW_EVERY_MS);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#restart);
    clearTimeout(this.#follow);
    this.#queue.close(failed("the search is closed"));
    await this.#worker?.terminate();
  }

  #start(): void {
    const workerData: ThreadSettings = {
      cataloguePath: this.#session.source.cataloguePath,
      folder: this.#session.folder,
    };
    const worker = new Worker(new URL("./search-thread.js", import.meta.url), {
      workerData,
      execArgv: [],
      env: {},
    });
    worker.on("message", (message: FromThread) => this.#hear(message));
    worker.on("error", (error) => this.#failed(worker, error));
    this.#worker = worker;
  }

  #send(message: ToThread): void {
    this.#worker?.postMessage(message);
  }

  #hear(message: FromThread): void {
    switch (message.kind) {
      case "opened":
        if (message.note !== undefined) {
          this.#session.log.warn(`${message.note}; a new one is made of the catalogue`);
        }
        this.#queue.resume();
        break;
      case "answer":
        this.#failures = 0;
        this.#queue.settle(message.ticket, message.answer);
        break;
      case "refused":
        this.#queue.settle(message.ticket, failed(`the search failed: ${message.message}`));
        break;
      case "progress":
        this.#setProgress({ state: message.isCurrent ? "ready" : "indexing", tracks: message.tracks });
        break;
    }
  }

  #failed(worker: Worker, error: Error): void {
    if (worker !== this.#worker || this.#isClosed) return;
    this.#worker = undefined;
    this.#failures++;
    this.#queue.interrupt(failed(`the search failed twice: ${error.message}`));
    if (isDamage(error)) this.#removeDamaged(error);
    else this.#session.log.warn(`the search index is not kept up to date for now: ${error.message}`);
    this.#setProgress({ ...this.#progress, state: "indexing", reason: error.message });
    const waitMs = RESTART_AFTER_MS[Math.min(this.#failures, RESTART_AFTER_MS.length) - 1];
    this.#restart = setTimeout(() => this.#start(), waitMs);
  }

  // A search within SQLite cannot be stopped: its thread ends when that is done, and another one takes over.
  #replace(): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
    if (!this.#isClosed) this.#start();
  }

  // What SQLite's own check does not see, a search or a change has met.
  #removeDamaged(error: Error): void {
    this.#session.log.warn(`the index is damaged: ${error.message}; a new one is made of the catalogue`);
    rmSync(this.#session.folder, { recursive: true, force: true });
  }

  #setProgress(progress: SearchProgress): void {
    this.#progress = progress;
    this.#session.onProgress(progress);
  }
}

function failed(message: string): MusicfsError {
  return new MusicfsError("MFS_SEARCH_FAILED", message);
}
