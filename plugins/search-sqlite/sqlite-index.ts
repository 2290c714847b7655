import { rmSync } from "node:fs";
import { Worker } from "node:worker_threads";
import {
  EngineEnd,
  type SearchAnswer,
  type SearchIndex,
  type SearchProgress,
  type SearchQuery,
  type SearchSession,
  searchFailed,
} from "musicfs/search";
import type { FromThread, ThreadSettings, ToThread } from "./messages.js";

export interface SqliteOptions {
  /** Longest that one search may take, in milliseconds. */
  readonly timeoutMs: number;
}

/** Pauses before the thread is started again, in milliseconds: after its first failure in a row, its second, ... */
const RESTART_AFTER_MS = [100, 1_000, 10_000] as const;

/** Opens an index of FTS5 in a thread of its own. */
export function openSqlite(session: SearchSession, options: SqliteOptions): SearchIndex {
  return new SqliteIndex(session, options);
}

/** What a thread said before it ended. */
type Failure = Pick<Extract<FromThread, { readonly kind: "failed" }>, "message" | "isDamaged">;

/** The main thread's end: starts the thread, and starts it again when it fails. */
class SqliteIndex implements SearchIndex {
  readonly #session: SearchSession;
  readonly #end: EngineEnd;
  #worker: Worker | undefined;
  #failures = 0;
  #restart: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(session: SearchSession, { timeoutMs }: SqliteOptions) {
    this.#session = session;
    this.#end = new EngineEnd({
      session,
      timeoutMs,
      send: (message: ToThread) => this.#worker?.postMessage(message),
      onTimeout: () => this.#replace(),
    });
    this.#start();
  }

  get progress(): SearchProgress {
    return this.#end.progress;
  }

  search(query: SearchQuery, limit: number, signal: AbortSignal): Promise<SearchAnswer> {
    return this.#end.search(query, limit, signal);
  }

  follow(): void {
    this.#end.follow();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#restart);
    this.#end.close();
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
    let failure: Failure = { message: "the thread ended", isDamaged: false };
    worker.on("message", (message: FromThread) => {
      if (message.kind === "failed") failure = message;
      else this.#hear(message);
    });
    worker.on("error", ({ message }) => {
      failure = { message, isDamaged: false };
    });
    worker.on("exit", () => this.#ended(worker, failure));
    this.#worker = worker;
  }

  #hear(message: Exclude<FromThread, { readonly kind: "failed" }>): void {
    if (message.kind === "answer") this.#failures = 0;
    this.#end.hear(message);
  }

  #ended(worker: Worker, { message, isDamaged }: Failure): void {
    if (worker !== this.#worker || this.#isClosed) return;
    this.#worker = undefined;
    this.#failures++;
    this.#end.queue.interrupt(searchFailed(`the search failed twice: ${message}`));
    if (isDamaged) this.#removeDamaged(message);
    else this.#session.log.warn(`the search index is not kept up to date for now: ${message}`);
    this.#end.progress = { ...this.#end.progress, state: "indexing", reason: message };
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
  #removeDamaged(message: string): void {
    this.#session.log.warn(`the index is damaged: ${message}; a new one is made of the catalogue`);
    rmSync(this.#session.folder, { recursive: true, force: true });
  }
}
