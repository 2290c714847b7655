/** Fields that hold words. `lyrics` are there only where they are read. */
export const TEXT_FIELDS = [
  "title",
  "artist",
  "albumartist",
  "album",
  "genre",
  "composer",
  "label",
  "path",
  "comment",
  "lyrics",
] as const;
export type TextField = (typeof TEXT_FIELDS)[number];

/**
 * The words of one track, ready to be indexed: of each field its words in order, with one space between two.
 * A word is folded (case, accents and ligatures are gone), holds neither a space nor any ASCII character but
 * `a` to `z` and `0` to `9`, and is 64 UTF-16 units long at most. An engine does no analysis of its own.
 */
export interface SearchDocument {
  /** From 1 to 2^32 - 1, and the same for as long as the track exists. */
  readonly id: number;
  /** From 1 to 9999. */
  readonly year?: number;
  /** Absent where the field is empty. */
  readonly words: Readonly<Partial<Record<TextField, string>>>;
}

/**
 * A query after parsing, its words folded as those of documents are. It has {@link SearchLimits.terms} words at
 * most, whatever its shape; {@link SearchLimits.depth} is how deep its parentheses were nested.
 *
 * Without `field` a word may stand in any field; what is found in the title is better than in the artist, that
 * better than in the album, that better than in the rest.
 */
export type SearchQuery =
  | { readonly kind: "everything" }
  | { readonly kind: "nothing" }
  | { readonly kind: "word"; readonly word: string; readonly field?: TextField }
  /** Words that begin so. */
  | { readonly kind: "prefix"; readonly word: string; readonly field?: TextField }
  /** Words that are so many edits away at most: a letter more, less, another, or two neighbours swapped. */
  | { readonly kind: "fuzzy"; readonly word: string; readonly distance: 1 | 2; readonly field?: TextField }
  /** Two words or more that follow each other in one field; the last one may be the beginning of a word. */
  | {
      readonly kind: "phrase";
      readonly words: readonly string[];
      readonly prefix: boolean;
      readonly field?: TextField;
    }
  /** Both ends included; from 0 to 9999. */
  | { readonly kind: "years"; readonly from: number; readonly to: number }
  /** All of `of`, of which there is at least one, and none of `except`. */
  | { readonly kind: "all"; readonly of: readonly SearchQuery[]; readonly except: readonly SearchQuery[] }
  /** At least one of `of`, of which there is at least one. */
  | { readonly kind: "any"; readonly of: readonly SearchQuery[] };

/** What no query exceeds. */
export interface SearchLimits {
  /** Words, those of phrases included. */
  readonly terms: number;
  /** Parentheses in parentheses. */
  readonly depth: number;
}
export const SEARCH_LIMITS: SearchLimits = { terms: 32, depth: 16 };

/** Most hits that may be asked for at once. */
export const MAX_HITS = 1000;

export interface SearchHit {
  readonly id: number;
  /** Higher is better; comparable within one answer only. */
  readonly score: number;
}

export interface SearchAnswer {
  /** Best first, without doubles. */
  readonly hits: readonly SearchHit[];
  /** How many there are in all; absent where counting would have taken too long. */
  readonly total?: number;
}

/** How far an index is. */
export interface SearchProgress {
  /**
   * `indexing`: answers come from what is indexed so far. `ready`: from all of the library. `failed`: there are
   * no answers for the time being, because of `reason`.
   */
  readonly state: "indexing" | "ready" | "failed";
  /** Tracks that are indexed. */
  readonly tracks: number;
  /**
   * The last change of a track that is indexed, as the catalogue numbers them. With it an answer is known to be behind
   * before the engine has heard of the change; without it an engine that says `ready` is believed.
   */
  readonly stamp?: number;
  readonly reason?: string;
}

/**
 * Where an engine gets the documents: what `openDocuments` of `musicfs/search` opens, in any thread or process.
 * Plain data.
 */
export interface SearchSource {
  readonly cataloguePath: string;
}

/** What an engine is given to work with. */
export interface SearchSession {
  readonly source: SearchSource;
  /** A folder of the engine's own, which exists; what is in it may vanish between two runs. */
  readonly folder: string;
  readonly log: SearchLog;
  /** Called after each change of {@link SearchIndex.progress}. */
  readonly onProgress: (progress: SearchProgress) => void;
}

/** For a person who reads the log. */
export interface SearchLog {
  info(message: string): void;
  warn(message: string): void;
}

/** Finds tracks by words. What it keeps on the disk can always be made again from the catalogue. */
export interface SearchEngine {
  /** kebab-case; names its folder. */
  readonly name: string;
  /**
   * Opens the index, or begins a new one where there is none, where it is damaged, of another version or of
   * another catalogue. Returns soon: what is missing is read from the source in the background, also without
   * {@link SearchIndex.follow}.
   */
  open(session: SearchSession): Promise<SearchIndex>;
}

/** An open index. It never holds the main thread for longer than a few milliseconds. */
export interface SearchIndex {
  readonly progress: SearchProgress;
  /** Tells that the catalogue has changed: what changed is found within a second. Called after every commit. */
  follow(): void;
  /**
   * @param limit from 1 to {@link MAX_HITS}.
   * @throws MusicfsError `MFS_SEARCH_FAILED` when the engine cannot answer (now); `signal.reason`.
   */
  search(query: SearchQuery, limit: number, signal: AbortSignal): Promise<SearchAnswer>;
  close(): Promise<void>;
}
