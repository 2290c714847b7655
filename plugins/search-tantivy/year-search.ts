import { EVERY, type SearchAnswer, wordsOfRange } from "musicfs/search";
import type { Searcher } from "./binding.js";

/** A range of years, both ends included. */
export interface YearRange {
  readonly from: number;
  readonly to: number;
}

/** Runs a query for tracks that have one of some words among their years. */
export type SearchWords = (words: readonly string[], limit: number, count: boolean) => SearchAnswer;

/** What a searcher can say without going through tracks. */
type Frequencies = Pick<Searcher, "docFreq" | "numDocs">;

/**
 * Searches for nothing but years in one state of an index.
 *
 * The lists of an index say how long they are; but while a list holds deleted tracks, how many others it has is known
 * only by going through it. That is done once for each list, and not for each search: no track is in two of them.
 */
export class YearSearch {
  readonly #searcher: Frequencies;
  readonly #search: SearchWords;
  /** How many tracks have a word, for words that were gone through. */
  readonly #counts = new Map<string, number>();

  constructor(searcher: Frequencies, search: SearchWords) {
    this.#searcher = searcher;
    this.#search = search;
  }

  /** Finds the tracks of a range, the earliest first. Only as many years are gone through as it takes to find `limit` tracks. */
  find({ from, to }: YearRange, limit: number): SearchAnswer {
    const words = wordsOfRange(from, to).filter((word) => this.#frequencyOf(word) > 0);
    const hits: SearchAnswer["hits"][number][] = [];
    for (const year of this.#yearsOf(words)) {
      if (hits.length >= limit) break;
      hits.push(...this.#search([year], limit - hits.length, false).hits);
    }
    return { hits, total: words.reduce((sum, word) => sum + this.#countOf(word), 0) };
  }

  #countOf(word: string): number {
    // All documents but the one that tells where the index stands have the word of every track.
    const hasDeleted = this.#frequencyOf(EVERY) !== this.#searcher.numDocs - 1;
    if (!hasDeleted) return this.#frequencyOf(word);
    let count = this.#counts.get(word);
    if (count === undefined) {
      count = this.#search([word], 1, true).total ?? this.#frequencyOf(word);
      this.#counts.set(word, count);
    }
    return count;
  }

  #frequencyOf(word: string): number {
    return this.#searcher.docFreq("years", word);
  }

  /** The single years that words stand for, and that some track has: `198x` is all of the eighties. */
  *#yearsOf(words: readonly string[]): Generator<string> {
    for (const word of words) {
      if (this.#frequencyOf(word) === 0) continue;
      if (!word.includes("x")) yield word;
      else yield* this.#yearsOf(Array.from("0123456789", (digit) => word.replace("x", digit)));
    }
  }
}
