import { asciify } from "./asciify.js";

/** What a function makes of the values of its argument, and of the text behind the comma. */
interface TemplateFunction {
  /** Whether it takes a text behind a comma. */
  readonly takes?: { readonly what: string; readonly pattern: RegExp };
  run(values: readonly string[], setting: string | undefined): readonly string[];
}

const ARTICLES = "the a an";

const FUNCTIONS = {
  /** The first of several values. */
  first: { run: (values) => values.slice(0, 1) },
  /** `The Beatles` as `Beatles, The`; other articles stand behind the comma. */
  sort: {
    takes: {
      what: "articles with blanks between them",
      pattern: /^\s*\p{L}[\p{L}'’]*(\s+\p{L}[\p{L}'’]*)*\s*$/u,
    },
    run: (values, articles = ARTICLES) => values.map((value) => articleLast(value, articles)),
  },
  /** Digits, with zeros before them up to a length. */
  pad: {
    takes: { what: "a length from 1 to 20", pattern: /^\s*([1-9]|1\d|20)\s*$/u },
    run: (values, length = "2") => values.map((value) => value.padStart(Number(length), "0")),
  },
  upper: { run: (values) => values.map((value) => value.toUpperCase()) },
  lower: { run: (values) => values.map((value) => value.toLowerCase()) },
  /** Letters of ASCII that come near. */
  asciify: { run: (values) => values.map(asciify) },
} as const satisfies Record<string, TemplateFunction>;

export type FunctionName = keyof typeof FUNCTIONS;

/** Names that a template may use, as they are written after `%`. */
export const FUNCTION_NAMES = Object.keys(FUNCTIONS) as readonly FunctionName[];

export function isFunctionName(name: string): name is FunctionName {
  return Object.hasOwn(FUNCTIONS, name);
}

/** What is wrong with the text behind the comma of a function, in words; `undefined` when nothing is. */
export function settingProblemOf(name: FunctionName, setting: string): string | undefined {
  const { takes }: TemplateFunction = FUNCTIONS[name];
  if (!takes) return `%${name} takes nothing behind a comma; write \\, for a comma in its text`;
  return takes.pattern.test(setting) ? undefined : `%${name} takes ${takes.what} behind the comma`;
}

export function callFunction(
  name: FunctionName,
  values: readonly string[],
  setting: string | undefined,
): readonly string[] {
  const { run }: TemplateFunction = FUNCTIONS[name];
  return run(values, setting);
}

function articleLast(text: string, articles: string): string {
  const [first, rest] = splitOnce(text);
  const isArticle = articles.toLowerCase().trim().split(/\s+/u).includes(first.toLowerCase());
  return isArticle && rest !== "" ? `${rest}, ${first}` : text;
}

function splitOnce(text: string): [string, string] {
  const blank = text.search(/\s/u);
  return blank < 0 ? [text, ""] : [text.slice(0, blank), text.slice(blank).trim()];
}
