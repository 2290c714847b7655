import { suggestionOf } from "../config/nearest.js";
import { MusicfsError } from "../errors.js";
import { SEARCH_LIMITS, type SearchQuery, type TextField } from "../model/search-engine.js";
import { chunkOf, foldText } from "./fold.js";
import {
  fieldNames,
  fieldOf,
  MAX_QUERY_LENGTH,
  type QueryField,
  type QueryToken,
  tokensOf,
  type WordEnding,
} from "./query-tokens.js";

export interface ParseQueryOptions {
  /**
   * Reads everything as something: what is malformed is passed over, what is too much is left out. For names of
   * folders. @default false
   */
  readonly lenient?: boolean;
  /** The fields in which words are looked for that name none. @default all */
  readonly fields?: readonly TextField[];
}

/**
 * Reads a query; README.md of this folder has the language. Takes time in proportion to its length.
 *
 * @throws MusicfsError `MFS_QUERY_INVALID` with the place, unless `lenient`.
 */
export function parseQuery(text: string, options: ParseQueryOptions = {}): SearchQuery {
  const { lenient = false, fields = [] } = options;
  const refuse = (message: string, at: number): void => {
    if (!lenient) throw queryError(text, message, at);
  };
  if (text.length > MAX_QUERY_LENGTH) {
    refuse(`a query has ${MAX_QUERY_LENGTH} characters at most`, MAX_QUERY_LENGTH);
  }
  const bounded = text.slice(0, MAX_QUERY_LENGTH);
  const parser = new QueryParser(tokensOf(bounded, refuse), fields, bounded.length, refuse);
  const query = parser.parse();
  if (!query) refuse("there is nothing to search for", 0);
  return query ?? { kind: "nothing" };
}

/** The field that a person names. @throws MusicfsError `MFS_QUERY_INVALID` */
export function parseField(name: string): TextField {
  const field = fieldOf(name);
  if (field !== undefined && field !== "year") return field;
  const fields = [...fieldNames()].filter((known) => known !== "year");
  throw new MusicfsError("MFS_QUERY_INVALID", `there is no field '${name}'${suggestionOf(name, fields)}`, {
    hint: `Fields are ${fields.join(", ")}.`,
  });
}

/** Recursive descent: `or` over `and` over `not` over words, groups and fields. */
class QueryParser {
  readonly #tokens: readonly QueryToken[];
  readonly #fields: readonly TextField[];
  readonly #length: number;
  readonly #refuse: (message: string, at: number) => void;
  readonly #hasWords: boolean;
  #next = 0;
  #depth = 0;
  #terms = 0;

  constructor(
    tokens: readonly QueryToken[],
    fields: readonly TextField[],
    length: number,
    refuse: (message: string, at: number) => void,
  ) {
    this.#tokens = tokens;
    this.#fields = fields;
    this.#length = length;
    this.#refuse = refuse;
    this.#hasWords = tokens.some((token) => "text" in token && /[\p{L}\p{N}]/u.test(token.text));
  }

  parse(): SearchQuery | undefined {
    const parts: SearchQuery[] = [];
    for (;;) {
      const part = this.#or(undefined);
      if (part) parts.push(part);
      const rest = this.#tokens[this.#next];
      if (!rest) return all(parts, []);
      // Only a parenthesis that nobody opened ends an `or` before the end.
      this.#refuse("nothing is open here that this could close", rest.at);
      this.#next++;
    }
  }

  #or(field: QueryField | undefined): SearchQuery | undefined {
    const parts: SearchQuery[] = [];
    for (;;) {
      const part = this.#and(field);
      if (part) parts.push(part);
      const operator = this.#accept("or");
      if (!operator) return parts.length > 1 ? { kind: "any", of: parts } : parts[0];
      this.#expectOperands(operator, part !== undefined);
    }
  }

  #and(field: QueryField | undefined): SearchQuery | undefined {
    const of: SearchQuery[] = [];
    const except: SearchQuery[] = [];
    for (;;) {
      const operator = this.#accept("and");
      if (operator) this.#expectOperands(operator, of.length + except.length > 0);
      let negated = false;
      for (let not = this.#accept("not"); not; not = this.#accept("not")) {
        negated = !negated;
        this.#expectOperands(not, true);
      }
      const token = this.#tokens[this.#next];
      if (!token || token.kind === "or" || token.kind === "close") return all(of, except);
      if (token.kind === "and") continue;
      const part = this.#operand(field);
      if (part) (negated ? except : of).push(part);
    }
  }

  #operand(field: QueryField | undefined): SearchQuery | undefined {
    const token = this.#tokens[this.#next++];
    switch (token?.kind) {
      case "open":
        return this.#group(token.at, field);
      case "field":
        return this.#fielded(token.at, token.field);
      case "word":
        return this.#inFields(field, (one) => this.#word(token.text, token.ending, token.at, one));
      case "phrase":
        return this.#inFields(field, (one) => this.#phrase(token.text, token.prefix, token.at, one));
      case "years":
        return this.#count(1, token.at) ? { kind: "years", from: token.from, to: token.to } : undefined;
      default:
        return undefined;
    }
  }

  #inFields(
    field: QueryField | undefined,
    read: (field: QueryField | undefined) => SearchQuery | undefined,
  ): SearchQuery | undefined {
    if (field !== undefined || this.#fields.length === 0) return read(field);
    const parts = this.#fields.map(read).filter((part) => part !== undefined);
    return parts.length > 1 ? any(parts) : parts[0];
  }

  #fielded(at: number, field: QueryField): SearchQuery | undefined {
    const token = this.#tokens[this.#next];
    if (token && isOperand(token)) return this.#operand(field);
    this.#refuse(`'${field}:' names a field, and nothing to look for in it`, at);
    return undefined;
  }

  #group(at: number, field: QueryField | undefined): SearchQuery | undefined {
    if (this.#depth === SEARCH_LIMITS.depth) {
      this.#refuse(`parentheses are nested ${SEARCH_LIMITS.depth} deep at most`, at);
      // What is in there belongs to where this stands; its closing one is then one too many.
      return undefined;
    }
    this.#depth++;
    const query = this.#or(field);
    this.#depth--;
    if (!this.#accept("close")) this.#refuse("the parenthesis is not closed", at);
    else if (!query) this.#refuse("there is nothing in the parentheses", at);
    return query;
  }

  #word(
    text: string,
    ending: WordEnding,
    at: number,
    field: QueryField | undefined,
  ): SearchQuery | undefined {
    if (text === "") return ending === "prefix" ? { kind: "everything" } : undefined;
    if (field === "year") return this.#year(text, at);
    const { signs, joined, unspacedTail, ...chunk } = chunkOf(foldText(text).replaceAll(/\s+/gu, ""));
    // The dash of `Artist - Title` means nothing; the band `!!!` does.
    const words = signs !== undefined && (field !== undefined || !this.#hasWords) ? [signs] : chunk.words;
    const [first] = words;
    if (first === undefined) return undefined;
    if (!this.#count(words.length + (joined === undefined ? 0 : 1), at)) return undefined;
    const inField = field === undefined ? {} : { field };
    const apart = phraseOf(words, unspacedTail, ending === "prefix", inField);
    if (joined !== undefined) return any([apart, wordOf(joined, ending, inField)]);
    if (words.length > 1 || unspacedTail > 0) return apart;
    const word = wordOf(first, ending, inField);
    const isYear = field === undefined && ending === "whole" && /^[12]\d{3}$/u.test(first);
    return isYear ? any([word, { kind: "years", from: Number(first), to: Number(first) }]) : word;
  }

  #phrase(text: string, prefix: boolean, at: number, field: QueryField | undefined): SearchQuery | undefined {
    if (field === "year") return this.#year(text, at);
    const chunks = foldText(text)
      .split(/\s+/u)
      .filter((part) => part !== "")
      .map(chunkOf);
    // Within a phrase the last character of an unspaced run is needed where a word follows.
    const found = chunks.flatMap((chunk) => chunk.words);
    const words = found.length > 0 ? found : chunks.flatMap(({ signs }) => signs ?? []).slice(0, 1);
    if (words.length === 0 || !this.#count(words.length, at)) return undefined;
    const inField = field === undefined ? {} : { field };
    return phraseOf(words, chunks.at(-1)?.unspacedTail ?? 0, prefix, inField);
  }

  // Of a list in parentheses, or in quotation marks; any other way of writing years is one token.
  #year(text: string, at: number): SearchQuery | undefined {
    if (!/^\d{1,4}$/u.test(text)) this.#refuse("expected a year such as 1984", at);
    else if (this.#count(1, at)) return { kind: "years", from: Number(text), to: Number(text) };
    return undefined;
  }

  #count(terms: number, at: number): boolean {
    if (this.#terms + terms > SEARCH_LIMITS.terms) {
      this.#refuse(`a query has ${SEARCH_LIMITS.terms} words at most`, at);
      return false;
    }
    this.#terms += terms;
    return true;
  }

  #expectOperands({ at, kind }: QueryToken, hasLeft: boolean): void {
    const next = this.#tokens[this.#next];
    const name = kind.toUpperCase();
    if (!hasLeft) this.#refuse(`${name} has nothing before it`, at);
    if (!next || !(isOperand(next) || next.kind === "not")) {
      this.#refuse(`${name} has nothing after it`, Math.min(at, this.#length));
    }
  }

  #accept(kind: QueryToken["kind"]): QueryToken | undefined {
    const token = this.#tokens[this.#next];
    if (token?.kind !== kind) return undefined;
    this.#next++;
    return token;
  }
}

type InField = { readonly field?: TextField };

function isOperand({ kind }: QueryToken): boolean {
  return kind !== "close" && kind !== "and" && kind !== "or" && kind !== "not";
}

// Of a run without spaces documents have the pairs, and the last character alone.
function phraseOf(
  words: readonly string[],
  unspacedTail: number,
  prefix: boolean,
  inField: InField,
): SearchQuery {
  const whole = unspacedTail > 1 ? words.slice(0, -1) : words;
  const isPrefix = prefix || unspacedTail === 1;
  const [first = "", second] = whole;
  if (second !== undefined) return { kind: "phrase", words: whole, prefix: isPrefix, ...inField };
  return { kind: isPrefix ? "prefix" : "word", word: first, ...inField };
}

function wordOf(word: string, ending: WordEnding, inField: InField): SearchQuery {
  if (typeof ending === "object") return { kind: "fuzzy", word, distance: ending.distance, ...inField };
  return { kind: ending === "prefix" ? "prefix" : "word", word, ...inField };
}

function any(of: readonly SearchQuery[]): SearchQuery {
  return { kind: "any", of };
}

function all(of: readonly SearchQuery[], except: readonly SearchQuery[]): SearchQuery | undefined {
  const [first, ...others] = of;
  if (!first) return except.length === 0 ? undefined : { kind: "all", of: [{ kind: "everything" }], except };
  return others.length === 0 && except.length === 0 ? first : { kind: "all", of, except };
}

/** Characters of a query that are shown around a problem. */
const SHOWN = 60;

function queryError(text: string, message: string, at: number): MusicfsError {
  const from = Math.max(0, at - SHOWN / 2);
  const shown = text.slice(from, from + SHOWN).replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
  const [before, after] = [from > 0 ? "..." : "", from + SHOWN < text.length ? "..." : ""];
  const caret = `${" ".repeat(before.length + at - from)}^`;
  return new MusicfsError("MFS_QUERY_INVALID", `${message}\n  ${before}${shown}${after}\n  ${caret}`);
}
