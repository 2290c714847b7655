import type { SearchEngine } from "musicfs/search";
import { openTantivy } from "./tantivy-index.js";

export interface TantivyOptions {
  /** Longest that one search may take before its process is ended, in milliseconds. */
  readonly timeoutMs: number;
}

/** An engine over tantivy. Nothing of tantivy is loaded into this process. */
export function createTantivyEngine(options: TantivyOptions): SearchEngine {
  return { name: "search-tantivy", open: async (session) => openTantivy(session, options) };
}
