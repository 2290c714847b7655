/**
 * The entry of the process that searches: tantivy ends its process when it meets what it did not expect, and this
 * one may end. Its first thread answers searches, a second one indexes.
 */
import { Worker } from "node:worker_threads";
import { isMusicfsError } from "musicfs";
import type { SearchAnswer, SearchHit, SearchQuery } from "musicfs/search";
import { type Index, loadTantivy, type Query, type Searcher, type Tantivy } from "./binding.js";
import { findDamage, prepareFolder } from "./index-files.js";
import type { IndexerThreadData } from "./indexer-thread.js";
import type { FromIndexer, FromProcess, ProcessSettings, ToProcess } from "./messages.js";
import { openIndex } from "./open-index.js";
import { QueryBuilder } from "./queries.js";
import { type SearchWords, YearSearch } from "./year-search.js";

/** How long after a failure the indexing begins again, in milliseconds: a full disk may be empty by then. */
const INDEX_AGAIN_MS = 5_000;

/** The index as of one commit. */
interface IndexState {
  readonly searcher: Searcher;
  readonly years: YearSearch;
}

class SearchProcess {
  readonly #settings: ProcessSettings;
  readonly #tantivy: Tantivy;
  readonly #path: string;
  readonly #index: Index;
  readonly #queries: QueryBuilder;
  #state: IndexState;
  #indexer: Worker | undefined;

  constructor(settings: ProcessSettings) {
    this.#settings = settings;
    this.#tantivy = loadTantivy();
    const { path, note } = prepareFolder(settings.folder, settings.anew);
    this.#path = path;
    this.#index = openIndex(this.#tantivy, path);
    this.#queries = new QueryBuilder(this.#tantivy, this.#index.schema);
    this.#state = this.#lastCommitted();
    tell({ kind: "opened", ...(note === undefined ? {} : { note }) });
    this.#startIndexer();
  }

  follow(): void {
    this.#indexer?.postMessage("follow");
  }

  answer(ticket: number, query: SearchQuery, limit: number): void {
    try {
      tell({ kind: "answer", ticket, answer: this.#search(query, limit) });
    } catch (error) {
      tell({ kind: "refused", ticket, message: messageOf(error) });
      // All queries are well formed: what fails is the index, if its files are not what was written.
      if (findDamage(this.#path) !== undefined) process.exit(1);
    }
  }

  #search(query: SearchQuery, limit: number): SearchAnswer {
    const { searcher, years } = this.#state;
    if (query.kind === "years") return years.find(query, limit);
    return this.#run(searcher, this.#queries.build(query), limit, true);
  }

  #lastCommitted(): IndexState {
    this.#index.reload();
    const searcher = this.#index.searcher();
    const search: SearchWords = (words, limit, count) =>
      this.#run(searcher, this.#queries.ofYears(words), limit, count);
    return { searcher, years: new YearSearch(searcher, search) };
  }

  #run(searcher: Searcher, query: Query, limit: number, wantsCount: boolean): SearchAnswer {
    const { hits, count } = searcher.search(query, Math.max(1, limit), wantsCount);
    const found: SearchHit[] = [];
    for (const { score = 0, docAddress } of hits) {
      const id = searcher.doc(docAddress).toDict().id?.[0];
      if (typeof id === "number") found.push({ id, score });
    }
    return { hits: found, ...(count === undefined ? {} : { total: count }) };
  }

  #startIndexer(): void {
    const workerData: IndexerThreadData = {
      cataloguePath: this.#settings.cataloguePath,
      indexPath: this.#path,
      parentPid: process.ppid,
    };
    const indexer = new Worker(new URL("./indexer-thread.js", import.meta.url), { workerData });
    indexer.on("message", (message: FromIndexer) => {
      this.#state = this.#lastCommitted();
      tell(message);
    });
    indexer.on("error", (error) => {
      tell({ kind: "stalled", message: messageOf(error) });
      setTimeout(() => this.#startIndexer(), INDEX_AGAIN_MS);
    });
    this.#indexer = indexer;
  }
}

let search: SearchProcess | undefined;
process.title = "musicfs search";
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
process.on("message", (message: ToProcess) => {
  if (message.kind === "open") open(message.settings);
  else if (message.kind === "follow") search?.follow();
  else search?.answer(message.ticket, message.query, message.limit);
});

function open(settings: ProcessSettings): void {
  try {
    search = new SearchProcess(settings);
  } catch (error) {
    if (!isMusicfsError(error)) throw error;
    tell({ kind: "unusable", message: error.message, hint: error.hint });
  }
}

function tell(message: FromProcess): void {
  process.send?.(message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
