import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import { isMusicfsError, MusicfsError, messageOf } from "../errors.js";
import { trackOf } from "../library/track.js";
import type { Logger } from "../logger.js";
import { Latency } from "../metrics/latency.js";
import {
  MAX_HITS,
  type SearchAnswer,
  type SearchEngine,
  type SearchIndex,
  type SearchProgress,
  type SearchQuery,
  type TextField,
} from "../model/search-engine.js";
import type { Track } from "../model/track.js";
import { parseQuery } from "./query.js";
import { suggestQueries } from "./suggestions.js";

/** Tracks that are looked up in one go: a millisecond or two of the main thread. */
const SLICE = 50;
const DEFAULT_LIMIT = 50;
/** Removed tracks that the catalogue remembers for the index; more of them, and it is made anew. */
const REMEMBERED_GONE = 100_000;
const FORGET_AT_ONCE = 1_000;

export interface FindOptions {
  /** From 1 to 1000. @default 50 */
  readonly limit?: number;
  /** Makes something of every text; see `parseQuery`. @default false */
  readonly lenient?: boolean;
  /** The fields in which words are looked for that name none. @default all */
  readonly fields?: readonly TextField[];
  readonly signal: AbortSignal;
}

/** A track that was found. */
export interface FoundTrack {
  readonly fileId: number;
  readonly ino: number;
  /** Higher is better; comparable within one answer only. */
  readonly score: number;
  readonly track: Track;
}

export interface Findings {
  /** As it was understood. */
  readonly query: SearchQuery;
  /** Best first. */
  readonly hits: readonly FoundTrack[];
  /** How many there are in all, where it was counted. */
  readonly total?: number;
  /** Whether the answer comes from all of the library. */
  readonly progress: SearchProgress;
}

/** What {@link Search} is made of. */
export interface SearchParts {
  readonly catalogue: Catalogue;
  /** `undefined`: the config has none. */
  readonly engine: SearchEngine | undefined;
  /** Holds the index; made when it is needed. */
  readonly cacheDir: string;
  readonly log: Logger;
}

/** Finds tracks of the catalogue. Lives on the main thread, and holds it for a few milliseconds at a time. */
export class Search {
  /** How long searches took, failed ones too. */
  readonly latency = new Latency();
  readonly #parts: SearchParts;
  #index: SearchIndex | undefined;
  #opening: Promise<void> | undefined;
  readonly #listeners: (() => void)[] = [];
  #failure: MusicfsError | undefined;

  constructor(parts: SearchParts) {
    this.#parts = parts;
  }

  /** Opens the index, in the background. What fails is told by {@link progress} and {@link find}. */
  open(): void {
    this.#opening ??= this.#open();
  }

  /** The engine's name; `undefined` where there is none. */
  get engine(): string | undefined {
    return this.#parts.engine?.name;
  }

  get progress(): SearchProgress {
    if (this.#index) return this.#honest(this.#index.progress);
    if (this.#failure) return { state: "failed", tracks: 0, reason: this.#failure.message };
    if (!this.#parts.engine) return { state: "failed", tracks: 0, reason: NO_ENGINE };
    return { state: "indexing", tracks: 0 };
  }

  /** The catalogue has changed; called after every commit. */
  follow(): void {
    this.#index?.follow();
  }

  /** Calls `listener` after each commit of the index: the same query may find something else from then on. */
  onIndexed(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Finds tracks.
   *
   * @throws MusicfsError `MFS_QUERY_INVALID`, unless `lenient`; `MFS_SEARCH_FAILED`; `signal.reason`.
   */
  async find(text: string, options: FindOptions): Promise<Findings> {
    return this.findQuery(parseQuery(text, options), options);
  }

  /** As {@link find}, for a query that was parsed before. */
  async findQuery(query: SearchQuery, options: FindOptions): Promise<Findings> {
    const beganMs = performance.now();
    try {
      return await this.#find(query, options);
    } finally {
      this.latency.add(performance.now() - beganMs);
    }
  }

  async #find(query: SearchQuery, { limit = DEFAULT_LIMIT, signal }: FindOptions): Promise<Findings> {
    const index = await this.#opened();
    const progress = this.#honest(index.progress);
    const answer = await index.search(query, Math.min(Math.max(1, Math.trunc(limit)), MAX_HITS), signal);
    const hits = await this.#tracksOf(answer, signal);
    const total = answer.total === undefined ? {} : { total: answer.total };
    return { query, hits, ...total, progress };
  }

  /** Queries that find something, for one that does not. @throws as {@link find} does. */
  suggest(text: string, signal: AbortSignal): Promise<string[]> {
    return suggestQueries(text, async (query, limit) => {
      const { hits } = await this.findQuery(query, { limit, signal });
      return hits.map(({ track }) => track);
    });
  }

  async close(): Promise<void> {
    this.#opening ??= Promise.resolve();
    await this.#opening;
    await this.#index?.close();
    this.#failure ??= new MusicfsError("MFS_SEARCH_FAILED", "MusicFS stops");
    this.#index = undefined;
  }

  // An engine that is ready hears of a change a moment after it was made.
  #honest(progress: SearchProgress): SearchProgress {
    const { state, stamp } = progress;
    const isBehind =
      state === "ready" && stamp !== undefined && stamp < this.#parts.catalogue.lastTrackChange;
    return isBehind ? { ...progress, state: "indexing" } : progress;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  async #open(): Promise<void> {
    const { engine, catalogue, cacheDir, log } = this.#parts;
    if (!engine) return;
    try {
      const folder = join(cacheDir, "search", engine.name);
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const source = { cataloguePath: catalogue.path };
      this.#index = await engine.open({ source, folder, log, onProgress: () => this.#tell() });
      while (catalogue.forgetGone(REMEMBERED_GONE, FORGET_AT_ONCE) === FORGET_AT_ONCE) await nextTurn();
    } catch (error) {
      const hint = isMusicfsError(error) ? { hint: error.hint } : {};
      this.#failure = new MusicfsError("MFS_SEARCH_FAILED", messageOf(error), { cause: error, ...hint });
      log.warn(`there is no search: ${messageOf(error)}${hint.hint ? `. ${hint.hint}` : ""}`);
    }
  }

  async #opened(): Promise<SearchIndex> {
    this.open();
    await this.#opening;
    if (this.#index) return this.#index;
    throw this.#failure ?? new MusicfsError("MFS_SEARCH_FAILED", NO_ENGINE, { hint: NO_ENGINE_HINT });
  }

  // What the index still has and the catalogue has no longer is left out.
  async #tracksOf({ hits }: SearchAnswer, signal: AbortSignal): Promise<FoundTrack[]> {
    const { files } = this.#parts.catalogue;
    const found: FoundTrack[] = [];
    for (const [place, { id, score }] of hits.entries()) {
      if (place > 0 && place % SLICE === 0) {
        await nextTurn();
        signal.throwIfAborted();
      }
      const row = files.byId(id);
      const file = row && files.tagged(row);
      if (file) found.push({ fileId: id, ino: file.ino, score, track: trackOf(file, "") });
    }
    return found;
  }
}

const NO_ENGINE = "the config has no search engine";
const NO_ENGINE_HINT = 'Add searchTantivy() or searchSqlite() to "plugins".';
