import { suggestionOf } from "../config/nearest.js";
import { FUNCTION_NAMES, isFunctionName, settingProblemOf } from "./functions.js";
import {
  type Call,
  type Choice,
  hasVariable,
  type Literal,
  type Part,
  type Section,
  type Template,
  TemplateError,
} from "./template.js";
import { isVariableName, VARIABLE_NAMES, type VariableName } from "./variables.js";

/** Longest template, in characters. */
export const TEMPLATE_MAX_LENGTH = 2000;
/** Deepest nesting of sections and functions. */
const MAX_DEPTH = 20;

/**
 * Parses a template; README.md of this folder has the language. What it makes can be rendered any number of
 * times.
 *
 * @throws TemplateError for whatever is wrong, with the place.
 */
export function parseTemplate(text: string): Template {
  return { parts: new Parser(text).parse() };
}

const EMPTY_NAME = "a folder or file name is empty";

/** Where the parts of something end. */
type End = "" | ")" | "]" | "}" | ",}";

class Parser {
  readonly #text: string;
  #at = 0;
  #depth = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Part[] {
    if (this.#text.length > TEMPLATE_MAX_LENGTH) {
      throw new TemplateError(
        `the template has more than ${TEMPLATE_MAX_LENGTH} characters`,
        `${this.#text.slice(0, 60)}…`,
        0,
      );
    }
    const control = this.#text.search(/[\p{Cc}\u2028\u2029]/u);
    if (control >= 0) {
      const shown = this.#text.replace(/[\p{Cc}\u2028\u2029]/gu, "\uFFFD");
      throw new TemplateError("there is a control character in it", shown, control);
    }
    return this.#parts("");
  }

  // Everything up to the end of what is open, which is left to the caller.
  #parts(end: End): Part[] {
    const parts: Part[] = [];
    let text = "";
    let nameStart = this.#at;
    const take = (part: Part): void => {
      if (text !== "") parts.push({ kind: "literal", text });
      text = "";
      parts.push(part);
    };
    while (this.#at < this.#text.length && !(end !== "" && end.includes(this.#here))) {
      const start = this.#at;
      if (this.#here === "(" && this.#isConditional()) {
        const blanks = /\s*$/u.exec(text)?.[0] ?? "";
        text = text.slice(0, text.length - blanks.length);
        take(this.#section("()", blanks));
      } else if (this.#here === "[") {
        take(this.#section("[]", ""));
      } else if (this.#here === "/") {
        this.#at++;
        if (end.includes("}")) this.#fail("a function makes no folder; a `/` can't stand in it", start);
        const isFirst = end !== "" && parts.length === 0;
        if (start === nameStart && !isFirst) this.#fail(EMPTY_NAME, start);
        take({ kind: "separator" });
        nameStart = this.#at;
      } else {
        const next = this.#next();
        if (typeof next === "string") text += next;
        else take(next);
      }
    }
    if (end === "" && this.#at === nameStart) this.#fail(EMPTY_NAME, nameStart);
    if (text !== "") parts.push({ kind: "literal", text });
    return parts;
  }

  // One variable, one function, or one character.
  #next(): string | Choice | Call {
    const start = this.#at;
    const character = this.#here;
    this.#at++;
    switch (character) {
      case "\\":
        return this.#escaped(start);
      case "$":
        if (this.#skip("$")) return "$";
        return this.#skip("{") ? this.#choice(start, "}") : this.#variable(start);
      case "{":
        return this.#choice(start, "}");
      case "%":
        if (this.#skip("%")) return "%";
        return this.#call(start) ?? "%";
      case "]":
      case "}":
        return this.#fail(
          `there is nothing that this ${character} closes; write \\${character} for the character`,
          start,
        );
      default:
        return character;
    }
  }

  #escaped(start: number): string {
    const character = this.#here;
    if (character === "/" || character === "" || /[\p{L}\p{N}]/u.test(character)) {
      this.#fail(
        'a backslash stands before a sign that means something: \\\\ \\$ \\% \\{ \\} \\[ \\] \\( \\) \\, \\| \\"',
        start,
      );
    }
    this.#at++;
    return character;
  }

  #variable(start: number): Choice {
    return { kind: "choice", alternatives: [this.#variableName(start)] };
  }

  #choice(start: number, close: string): Choice {
    const alternatives: (VariableName | Literal)[] = [];
    do {
      const at = this.#at;
      alternatives.push(
        this.#here === '"' ? this.#quoted() : this.#variableName(at === start + 1 ? start : at),
      );
    } while (this.#skip("|"));
    if (!this.#skip(close)) this.#fail("the brace is not closed", start);
    return { kind: "choice", alternatives };
  }

  #quoted(): Literal {
    const start = this.#at++;
    let text = "";
    while (this.#at < this.#text.length && this.#here !== '"') {
      const at = this.#at;
      if (this.#here === "/") this.#fail("a `/` can't stand in a fallback text", at);
      if (this.#skip("\\")) text += this.#escaped(at);
      else text += this.#text[this.#at++];
    }
    if (!this.#skip('"')) this.#fail("the quotation mark is not closed", start);
    return { kind: "literal", text };
  }

  #variableName(start: number): VariableName {
    const name = this.#word();
    if (isVariableName(name)) return name;
    const known = VARIABLE_NAMES.map((each) => `$${each}`).join(" ");
    const like = suggestionOf(name, VARIABLE_NAMES);
    return this.#fail(`there is no variable '$${name}'${like}; there are ${known}`, start);
  }

  // A percent sign before anything but a name and a brace is one.
  #call(start: number): Call | undefined {
    const name = /^([a-z_]+)\{/u.exec(this.#text.slice(this.#at))?.[1];
    if (name === undefined) return undefined;
    if (!isFunctionName(name)) {
      const known = FUNCTION_NAMES.map((each) => `%${each}{…}`).join(" ");
      const like = suggestionOf(name, FUNCTION_NAMES);
      return this.#fail(`there is no function '%${name}'${like}; there are ${known}`, start);
    }
    this.#at += name.length + 1;
    const argument = this.#nested(start, () => this.#parts(",}"));
    const setting = this.#setting();
    if (!this.#skip("}")) this.#fail(`the brace of %${name} is not closed`, start);
    const problem = setting && settingProblemOf(name, setting.text);
    if (problem) this.#fail(problem, setting.at);
    if (!hasVariable(argument)) this.#fail(`there is no variable in %${name}{…}`, start);
    return { kind: "call", name, argument, setting: setting?.text.trim() };
  }

  #setting(): { text: string; at: number } | undefined {
    if (!this.#skip(",")) return undefined;
    const at = this.#at;
    const text = /^[^}]*/u.exec(this.#text.slice(at))?.[0] ?? "";
    this.#at += text.length;
    return { text, at };
  }

  #section(brackets: Section["brackets"], blanks: string): Section {
    const start = this.#at++;
    const close = brackets === "()" ? ")" : "]";
    const parts = this.#nested(start, () => this.#parts(close));
    const what = brackets === "()" ? "parenthesis" : "bracket";
    if (!this.#skip(close)) this.#fail(`the ${what} is not closed`, start);
    if (brackets === "[]" && !hasVariable(parts)) {
      this.#fail(
        "there is no variable in the brackets, so they would always stay; write \\[ and \\] for the characters",
        start,
      );
    }
    return { kind: "section", brackets, blanks, parts };
  }

  #nested<T>(start: number, parse: () => T): T {
    if (++this.#depth > MAX_DEPTH) this.#fail(`it is nested deeper than ${MAX_DEPTH} levels`, start);
    const result = parse();
    this.#depth--;
    return result;
  }

  // Parentheses without a variable are text.
  #isConditional(): boolean {
    const rest = this.#text.slice(this.#at);
    const close = rest.indexOf(")");
    return /[${%]/.test(close < 0 ? rest : rest.slice(0, close));
  }

  #word(): string {
    const word = /^[A-Za-z_]*/u.exec(this.#text.slice(this.#at))?.[0] ?? "";
    this.#at += word.length;
    return word;
  }

  get #here(): string {
    return this.#text[this.#at] ?? "";
  }

  #skip(character: string): boolean {
    if (this.#here !== character) return false;
    this.#at++;
    return true;
  }

  #fail(message: string, at: number): never {
    throw new TemplateError(message, this.#text, at);
  }
}
