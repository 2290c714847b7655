import { distanceOf } from "../config/nearest.js";
import type { SearchQuery, TextField } from "../model/search-engine.js";
import { chunkOf, foldText } from "./fold.js";

/** A piece of a text that a query meant, in UTF-16 units. */
export interface Highlight {
  readonly start: number;
  readonly length: number;
}

type WordTest = (word: string) => boolean;

/** Letters, digits, marks and the apostrophes between them, and single signs; as `fold.ts` parts words. */
const WORDS = /[\p{L}\p{N}\p{M}]+(?:['\u2018\u2019`\u00b4][\p{L}\p{N}\p{M}]+)*|[^\P{S}\0-\x7f]/gu;

/** Finds what of a text, as it is shown, the words of a query meant; what a query excludes means nothing. */
export function highlightsOf(text: string, query: SearchQuery, field: TextField): Highlight[] {
  const tests = testsOf(query, field);
  if (tests.length === 0) return [];
  return [...text.matchAll(WORDS)].flatMap((match) => {
    const { words, apart } = chunkOf(foldText(match[0]));
    const isMeant = [...words, ...apart].some((word) => tests.some((test) => test(word)));
    return isMeant ? [{ start: match.index, length: match[0].length }] : [];
  });
}

function testsOf(query: SearchQuery, field: TextField): WordTest[] {
  switch (query.kind) {
    case "any":
    case "all":
      return query.of.flatMap((part) => testsOf(part, field));
    case "everything":
    case "nothing":
    case "years":
      return [];
    default:
      return query.field === undefined || query.field === field ? wordTests(query) : [];
  }
}

function wordTests(
  query: Extract<SearchQuery, { readonly kind: "word" | "prefix" | "fuzzy" | "phrase" }>,
): WordTest[] {
  switch (query.kind) {
    case "word":
      return [(word) => word === query.word];
    case "prefix":
      return [(word) => word.startsWith(query.word)];
    case "fuzzy":
      return [(word) => distanceOf(word, query.word, query.distance + 1) <= query.distance];
    case "phrase": {
      const { words, prefix } = query;
      const last = words.at(-1) ?? "";
      const whole: WordTest = (word) => words.includes(word);
      return prefix ? [whole, (word) => word.startsWith(last)] : [whole];
    }
  }
}
