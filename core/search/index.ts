/** What `import … from "musicfs/search"` gives: everything a search engine needs beside `musicfs`. */

export { distanceOf } from "../config/nearest.js";
export { BitSet } from "../library/bit-set.js";
export {
  MAX_HITS,
  SEARCH_LIMITS,
  type SearchAnswer,
  type SearchDocument,
  type SearchEngine,
  type SearchHit,
  type SearchIndex,
  type SearchLog,
  type SearchProgress,
  type SearchQuery,
  type SearchSession,
  type SearchSource,
  TEXT_FIELDS,
  type TextField,
} from "../model/search-engine.js";
export { DOCUMENTS_VERSION, type DocumentChanges, type DocumentSource, openDocuments } from "./documents.js";
export {
  EngineEnd,
  type EngineEndOptions,
  type FromEngine,
  type IndexProgress,
  searchFailed,
  type ToEngine,
} from "./engine-end.js";
export { Indexer, type IndexerOptions, type IndexPosition, type IndexWriter } from "./indexer.js";
export { type HandedSearch, SearchQueue, type SearchQueueOptions } from "./search-queue.js";
export { EVERY, wordsOfRange, yearWords } from "./years.js";
