import { EVERY, type SearchAnswer, wordsOfRange } from "musicfs/search";
import type { Searcher } from "./binding.js";

/** A range of years, both ends included. */
export interface YearRange {
  readonly from: number;
  readonly to: number;
}

/** Runs a query for tracks that have one of some words among their years. */
export type SearchWords = (words: readonly string[], limit: number, count: boolean) => SearchAnswer;

/**
 * Finds the tracks of a range of years, the earliest first. Only as many years are gone through as it takes to find
 * `limit` tracks; how many there are in all the index tells without a look at them, unless some were deleted that it
 * still counts.
 */
export function searchYears(
  searcher: Pick<Searcher, "docFreq" | "numDocs">,
  search: SearchWords,
  { from, to }: YearRange,
  limit: number,
): SearchAnswer {
  const frequencyOf = (word: string): number => searcher.docFreq("years", word);
  const words = wordsOfRange(from, to).filter((word) => frequencyOf(word) > 0);
  const hits: SearchAnswer["hits"][number][] = [];
  for (const year of yearsOf(words, frequencyOf)) {
    if (hits.length >= limit) break;
    hits.push(...search([year], limit - hits.length, false).hits);
  }
  // All documents but the one that tells where the index stands have this word.
  const isExact = frequencyOf(EVERY) === searcher.numDocs - 1;
  const total = isExact
    ? words.reduce((sum, word) => sum + frequencyOf(word), 0)
    : search(words, 1, true).total;
  return { hits, ...(total === undefined ? {} : { total }) };
}

/** The single years that words stand for, and that some track has: `198x` is all of the eighties. */
function* yearsOf(words: readonly string[], frequencyOf: (word: string) => number): Generator<string> {
  for (const word of words) {
    if (frequencyOf(word) === 0) continue;
    if (!word.includes("x")) yield word;
    else
      yield* yearsOf(
        Array.from("0123456789", (digit) => word.replace("x", digit)),
        frequencyOf,
      );
  }
}
