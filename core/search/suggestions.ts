import { distanceOf } from "../config/nearest.js";
import type { SearchQuery } from "../model/search-engine.js";
import type { Track } from "../model/track.js";
import { documentWords, foldText } from "./fold.js";

/** Words of a query for which others are looked for. */
const MAX_WORDS = 4;
/** Words that may be meant by one. */
const MAX_NEAR = 3;
/** Tracks whose words are looked at for each. */
const LOOKED_AT = 40;
/** Shorter words have too many neighbours. */
const MIN_LENGTH = 3;

/** Finds tracks, the best first. */
export type FindTracks = (query: SearchQuery, limit: number) => Promise<readonly Track[]>;

/**
 * Queries that find something, made from one that does not: a word that no track has is replaced by one that some
 * have, nearly the same. At most three.
 */
export async function suggestQueries(text: string, find: FindTracks): Promise<string[]> {
  const suggestions: string[] = [];
  for (const match of wordsIn(text).slice(0, MAX_WORDS)) {
    const word = foldText(match[0]);
    if ((await find({ kind: "word", word }, 1)).length > 0) continue;
    for (const other of await nearWords(word, find)) {
      suggestions.push(text.slice(0, match.index) + other + text.slice(match.index + match[0].length));
    }
  }
  return suggestions.slice(0, MAX_NEAR);
}

// Neither operators, nor the names of fields, nor numbers.
function wordsIn(text: string): RegExpExecArray[] {
  return [...text.matchAll(/\p{L}[\p{L}\p{M}\p{N}]+(?![\p{L}\p{M}\p{N}:])/gu)].filter(
    ([word]) => word.length >= MIN_LENGTH && !/^(?:AND|OR|NOT|TO)$/u.test(word),
  );
}

async function nearWords(word: string, find: FindTracks): Promise<string[]> {
  const limit = word.length < 6 ? 1 : 2;
  const tracks = await find({ kind: "fuzzy", word, distance: limit }, LOOKED_AT);
  const near = new Map<string, number>();
  for (const { title, artist, albumArtist, album } of tracks) {
    for (const candidate of documentWords([title, artist, albumArtist, album].join(" ")).split(" ")) {
      const edits = distanceOf(word, candidate, limit + 1);
      if (edits <= limit) near.set(candidate, edits);
    }
  }
  return [...near]
    .sort(([, one], [, other]) => one - other)
    .map(([found]) => found)
    .slice(0, MAX_NEAR);
}
