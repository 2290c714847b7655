import { setImmediate } from "node:timers/promises";
import { definePlugin } from "musicfs";
import {
  Indexer,
  openDocuments,
  type SearchDocument,
  type SearchEngine,
  type SearchHit,
  type SearchProgress,
  type SearchQuery,
  type SearchSession,
  TEXT_FIELDS,
  type TextField,
} from "musicfs/search";

/** Documents in one go: what holds the main thread without a pause. */
const SLICE = 200;
/** The better the field, the better the hit; of the others each counts 1. */
const WEIGHTS: Partial<Record<TextField, number>> = { title: 4, artist: 3, album: 2 };

/**
 * Finds tracks by looking at the words of each of them. It keeps all words in memory: right for some ten thousand
 * tracks, and to see what a search engine must do.
 */
export const searchContains = definePlugin({
  name: "search-contains",
  provides: ["search"],
  setup({ hooks }) {
    hooks.provideSearch.tap(() => searchEngine);
  },
});

const searchEngine: SearchEngine = {
  name: "search-contains",
  async open(session) {
    const documents = new Map<number, SearchDocument>();
    let progress: SearchProgress = { state: "indexing", tracks: 0 };
    const tell = (told: SearchProgress): void => {
      progress = told;
      session.onProgress(told);
    };
    const indexer = indexInto(documents, session, tell);
    indexer.start();
    return {
      get progress() {
        return progress;
      },
      follow: () => indexer.wake(),
      search: (query, limit, signal) => search(documents, query, limit, signal),
      close: async () => indexer.close(),
    };
  },
};

function indexInto(
  documents: Map<number, SearchDocument>,
  { source, log }: SearchSession,
  tell: (progress: SearchProgress) => void,
): Indexer {
  return new Indexer({
    source: openDocuments(source),
    batch: SLICE,
    onProgress: ({ isCurrent, ...progress }) =>
      tell({ state: isCurrent ? "ready" : "indexing", ...progress }),
    onFailure(error) {
      log.warn(`the search is not kept up to date any more: ${error}`);
      tell({ state: "failed", tracks: documents.size, reason: String(error) });
    },
    writer: {
      // Nothing outlives the process, so every start begins anew.
      position: () => undefined,
      clear: () => documents.clear(),
      apply(changes) {
        for (const id of changes.removedIds) documents.delete(id);
        for (const document of changes.documents) documents.set(document.id, document);
      },
      commit: () => undefined,
      tracks: () => documents.size,
    },
  });
}

async function search(
  documents: ReadonlyMap<number, SearchDocument>,
  query: SearchQuery,
  limit: number,
  signal: AbortSignal,
) {
  const hits: SearchHit[] = [];
  let looked = 0;
  signal.throwIfAborted();
  for (const document of documents.values()) {
    if (looked++ % SLICE === 0) {
      await setImmediate();
      signal.throwIfAborted();
    }
    const score = scoreOf(document, query);
    if (score > 0) hits.push({ id: document.id, score });
  }
  hits.sort((a, b) => b.score - a.score || a.id - b.id);
  return { hits: hits.slice(0, limit), total: hits.length };
}

// 0: it is not meant.
function scoreOf(document: SearchDocument, query: SearchQuery): number {
  switch (query.kind) {
    case "everything":
      return 1;
    case "nothing":
      return 0;
    case "years":
      return document.year !== undefined && document.year >= query.from && document.year <= query.to ? 1 : 0;
    case "any":
      return Math.max(...query.of.map((part) => scoreOf(document, part)));
    case "all": {
      if (query.except.some((part) => scoreOf(document, part) > 0)) return 0;
      const scores = query.of.map((part) => scoreOf(document, part));
      return scores.includes(0) ? 0 : scores.reduce((sum, score) => sum + score, 0);
    }
    default: {
      const fields = query.field === undefined ? TEXT_FIELDS : [query.field];
      return Math.max(
        ...fields.map((field) => (isIn(document.words[field], query) ? (WEIGHTS[field] ?? 1) : 0)),
      );
    }
  }
}

type WordQuery = Extract<SearchQuery, { readonly kind: "word" | "prefix" | "fuzzy" | "phrase" }>;

function isIn(text: string | undefined, query: WordQuery): boolean {
  if (text === undefined) return false;
  switch (query.kind) {
    case "word":
      return ` ${text} `.includes(` ${query.word} `);
    case "prefix":
      return ` ${text}`.includes(` ${query.word}`);
    case "phrase":
      return ` ${text} `.includes(` ${query.words.join(" ")}${query.prefix ? "" : " "}`);
    case "fuzzy":
      return text.split(" ").some((word) => isNear(word, query.word, query.distance));
  }
}

// So many edits suffice if, once what both begin and end with is gone, one can be made of what is left.
function isNear(word: string, other: string, edits: number): boolean {
  let from = 0;
  while (from < word.length && word[from] === other[from]) from++;
  if (from === word.length && from === other.length) return true;
  if (edits === 0) return false;
  const [a, b] = [word.slice(from), other.slice(from)];
  const isSwapped = a.length > 1 && a[0] === b[1] && a[1] === b[0];
  return (
    isNear(a.slice(1), b.slice(1), edits - 1) ||
    isNear(a.slice(1), b, edits - 1) ||
    isNear(a, b.slice(1), edits - 1) ||
    (isSwapped && isNear(a.slice(2), b.slice(2), edits - 1))
  );
}
