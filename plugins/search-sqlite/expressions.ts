import { EVERY, type SearchQuery, type TextField, wordsOfRange } from "musicfs/search";

/** What an expression needs to know of the index. */
export interface Vocabulary {
  /** Words of the index that are `distance` edits away at most, the nearest first. */
  near(word: string, distance: number): readonly string[];
  /** The first two characters of words that begin with `initial`. */
  pairs(initial: string): readonly string[];
}

/** A query in FTS5's language, with the leaves that it is made of. */
export interface Expression {
  readonly text: string;
  /** Each an expression of its own: how many rows they have decides how long ranking takes. */
  readonly leaves: readonly string[];
}

/**
 * Writes a query as an expression of FTS5. Words are letters, digits and signs that are no ASCII, so they need
 * no more than quotation marks.
 *
 * @param column where words are looked for that name no field. Default: anywhere.
 */
export function expressionOf(query: SearchQuery, vocabulary: Vocabulary, column?: TextField): Expression {
  const leaves: string[] = [];
  const leaf = (text: string, field: TextField | "year" | undefined): string => {
    const inColumn = field === undefined ? text : `{${field}} : (${text})`;
    leaves.push(inColumn);
    return inColumn;
  };
  // There are lists for pairs of characters: those of one letter are made of its pairs.
  const prefix = (word: string, field: TextField | undefined): string => {
    if ([...word].length > 1) return leaf(`${quote(word)} *`, field);
    const pairs = vocabulary.pairs(word).map((pair) => leaf(`${quote(pair)} *`, field));
    return anyOf([leaf(quote(word), field), ...pairs]);
  };
  const write = (part: SearchQuery, column: TextField | undefined): string => {
    const writePart = (inner: SearchQuery): string => write(inner, column);
    switch (part.kind) {
      case "everything":
        return leaf(quote(EVERY), "year");
      case "nothing":
        return NOTHING;
      case "years":
        return anyOf(wordsOfRange(part.from, part.to).map((word) => leaf(quote(word), "year")));
      case "all": {
        const all = `(${part.of.map(writePart).join(" AND ")})`;
        if (part.except.length === 0) return all;
        // What is excluded is so wherever it stands.
        const except = part.except.map((inner) => write(inner, undefined));
        return `(${all} NOT (${except.join(" OR ")}))`;
      }
      case "any":
        return anyOf(part.of.map(writePart));
      case "word":
        return leaf(quote(part.word), part.field ?? column);
      case "prefix":
        return prefix(part.word, part.field ?? column);
      case "phrase":
        return leaf(quote(part.words.join(" ")) + (part.prefix ? " *" : ""), part.field ?? column);
      case "fuzzy":
        return anyOf(
          vocabulary.near(part.word, part.distance).map((word) => leaf(quote(word), part.field ?? column)),
        );
    }
  };
  return { text: write(query, column), leaves };
}

/** A word that no document has: words hold no capitals. */
const NOTHING = '"NOTHING"';

function anyOf(parts: readonly string[]): string {
  return parts.length === 0 ? NOTHING : `(${parts.join(" OR ")})`;
}

function quote(words: string): string {
  return `"${words}"`;
}
