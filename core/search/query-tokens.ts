import { suggestionOf } from "../config/nearest.js";
import { TEXT_FIELDS, type TextField } from "../model/search-engine.js";

/** Greatest length of a query, in UTF-16 units. */
export const MAX_QUERY_LENGTH = 1024;
const LAST_YEAR = 9999;

export type QueryField = TextField | "year";

/** What a query is made of; `at` is where it begins in the text. */
export type QueryToken = { readonly at: number } & (
  | { readonly kind: "open" | "close" | "and" | "or" | "not" }
  | { readonly kind: "field"; readonly field: QueryField }
  | { readonly kind: "word"; readonly text: string; readonly ending: WordEnding }
  | { readonly kind: "phrase"; readonly text: string; readonly prefix: boolean }
  | { readonly kind: "years"; readonly from: number; readonly to: number }
);

/** `love`, `love*`, `love~1`. */
export type WordEnding = "whole" | "prefix" | { readonly distance: 1 | 2 };

/** Hears what is wrong and where; throws, where that ends the parsing. */
export type OnProblem = (message: string, at: number) => void;

const FIELDS: ReadonlyMap<string, QueryField> = new Map(
  [...TEXT_FIELDS, "year" as const].map((field) => [field, field]),
);
const OPERATORS: Readonly<Record<string, "and" | "or" | "not">> = {
  AND: "and",
  "&&": "and",
  OR: "or",
  "||": "or",
  NOT: "not",
};

const SPACE = /\s*/uy;
const RUN = /[^\s()"]+/uy;
const NAMED = /(\p{L}[\p{L}_-]*)(:)/uy;
const COMPARED = /(year)(>=|<=|>|<|=)/iuy;
const RANGE = /\[\s*(\S+)\s+TO\s+([^\s\]]+)\s*\]/uy;

/** The field that somebody means by `name`, in any case and with or without `_`: `albumArtist`. */
export function fieldOf(name: string): QueryField | undefined {
  return FIELDS.get(name.toLowerCase().replaceAll(/[_-]/gu, ""));
}

export function fieldNames(): Iterable<string> {
  return FIELDS.keys();
}

/** Takes a query apart, in one pass. What is a problem is told, and then passed over. */
export function tokensOf(text: string, onProblem: OnProblem): QueryToken[] {
  return new QueryScanner(text, onProblem).scan();
}

class QueryScanner {
  readonly #text: string;
  readonly #problem: OnProblem;
  readonly #tokens: QueryToken[] = [];
  #at = 0;

  constructor(text: string, onProblem: OnProblem) {
    this.#text = text;
    this.#problem = onProblem;
  }

  scan(): QueryToken[] {
    for (;;) {
      this.#take(SPACE);
      if (this.#at >= this.#text.length) return this.#tokens;
      this.#one();
    }
  }

  #one(): void {
    const at = this.#at;
    const character = this.#text[at];
    if (character === "(" || character === ")") {
      this.#at++;
      this.#tokens.push({ kind: character === "(" ? "open" : "close", at });
    } else if (character === '"') {
      this.#phrase();
    } else if (this.#isAfterField("year") || COMPARED.test(this.#from(COMPARED))) {
      this.#years();
    } else if (!this.#sign() && !this.#field()) {
      this.#word();
    }
  }

  #phrase(): void {
    const at = this.#at;
    const end = this.#text.indexOf('"', at + 1);
    if (end < 0) this.#problem("the quotation mark is not closed", at);
    const to = end < 0 ? this.#text.length : end;
    const prefix = this.#text[to + 1] === "*";
    this.#at = to + (prefix ? 2 : 1);
    this.#tokens.push({ kind: "phrase", text: this.#text.slice(at + 1, to), prefix, at });
  }

  // `-word` excludes; `+word`, as other search engines have it, is what a word means anyway.
  #sign(): boolean {
    const sign = this.#text[this.#at];
    if (sign !== "-" && sign !== "+") return false;
    const next = this.#text[this.#at + 1];
    if (next === undefined || /[\s)+-]/u.test(next)) return false;
    if (sign === "-") this.#tokens.push({ kind: "not", at: this.#at });
    this.#at++;
    return true;
  }

  #field(): boolean {
    const at = this.#at;
    const match = this.#take(NAMED);
    if (!match) return false;
    const name = match[1] ?? "";
    const field = fieldOf(name);
    // `Mission: Impossible` is a title; `artits:bach` is a slip.
    const isTitle = field === undefined && /^(?:\s|$)/u.test(this.#text.slice(this.#at, this.#at + 1));
    if (field !== undefined) this.#tokens.push({ kind: "field", field, at });
    else this.#pushWord(name, at);
    if (field === undefined && !isTitle) {
      this.#problem(`there is no field '${name}'${suggestionOf(name, FIELDS.keys())}`, at);
    }
    return true;
  }

  #years(): void {
    const at = this.#at;
    const years = this.#range() ?? this.#compared() ?? this.#single();
    if (years && years.from <= years.to) {
      this.#tokens.push({ kind: "years", ...years, at });
      return;
    }
    this.#at = at;
    const text = this.#take(RUN)?.[0] ?? "";
    this.#problem("expected years such as 1984, 198*, 1980..1989, >=1980 or [1980 TO 1989]", at);
    this.#dropField();
    this.#pushWord(text, at);
  }

  #range(): Years | undefined {
    const match = this.#take(RANGE);
    if (!match) return undefined;
    const [from, to] = [boundOf(match[1], 0), boundOf(match[2], LAST_YEAR)];
    return from === undefined || to === undefined ? undefined : { from, to };
  }

  #compared(): Years | undefined {
    const sign = this.#take(COMPARED)?.[2] ?? this.#take(/(>=|<=|>|<|=)/uy)?.[1];
    if (sign === undefined) return undefined;
    this.#take(SPACE);
    const year = yearOf(this.#take(RUN)?.[0]);
    if (year === undefined) return undefined;
    if (sign === "=") return { from: year, to: year };
    if (sign.startsWith(">")) return { from: sign === ">" ? year + 1 : year, to: LAST_YEAR };
    return { from: 0, to: sign === "<" ? year - 1 : year };
  }

  #single(): Years | undefined {
    const text = this.#take(RUN)?.[0] ?? "";
    const digits = /^(\d{1,3})\*$/u.exec(text)?.[1];
    if (digits !== undefined) {
      return { from: Number(digits.padEnd(4, "0")), to: Number(digits.padEnd(4, "9")) };
    }
    const [first, second, ...rest] = text.split("..");
    if (rest.length > 0) return undefined;
    if (second === undefined) {
      const year = yearOf(first);
      return year === undefined ? undefined : { from: year, to: year };
    }
    const [from, to] = [boundOf(first || "*", 0), boundOf(second || "*", LAST_YEAR)];
    return from === undefined || to === undefined ? undefined : { from, to };
  }

  #word(): void {
    const at = this.#at;
    const text = this.#take(RUN)?.[0] ?? "";
    const operator = Object.hasOwn(OPERATORS, text) ? OPERATORS[text] : undefined;
    if (operator !== undefined) this.#tokens.push({ kind: operator, at });
    else this.#pushWord(text, at);
  }

  #pushWord(text: string, at: number): void {
    const [, word = text, star, tilde] = /^(.*?)(?:(\*+)|(~\d*))?$/su.exec(text) ?? [];
    if (word.includes("*") && word !== "")
      this.#problem("'*' stands at the end of a word only", at + word.indexOf("*"));
    const ending = star !== undefined ? "prefix" : this.#endingOf(word, tilde, at + word.length);
    this.#tokens.push({ kind: "word", text: word, ending, at });
  }

  #endingOf(word: string, tilde: string | undefined, at: number): WordEnding {
    if (tilde === undefined || tilde === "~0" || word === "") return "whole";
    // One slip in a short word already makes another word of it.
    if (tilde === "~") return { distance: word.length < 8 ? 1 : 2 };
    if (tilde === "~1" || tilde === "~2") return { distance: tilde === "~1" ? 1 : 2 };
    this.#problem("a word may differ by 1 or 2 letters: ~1, ~2", at);
    return { distance: 2 };
  }

  #isAfterField(field: QueryField): boolean {
    const last = this.#tokens.at(-1);
    return last?.kind === "field" && last.field === field;
  }

  #dropField(): void {
    if (this.#isAfterField("year")) this.#tokens.pop();
  }

  #from(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    return this.#text;
  }

  #take(pattern: RegExp): RegExpExecArray | undefined {
    const match = pattern.exec(this.#from(pattern));
    if (!match) return undefined;
    this.#at += match[0].length;
    return match;
  }
}

interface Years {
  readonly from: number;
  readonly to: number;
}

function yearOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,4}$/u.test(text) ? Number(text) : undefined;
}

function boundOf(text: string | undefined, open: number): number | undefined {
  return text === "*" ? open : yearOf(text);
}
