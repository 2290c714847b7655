import type { Track } from "musicfs";

/** A template after parsing: for each folder and for the file, what its name is made of. */
export type Template = readonly Segment[];
type Segment = readonly Part[];
type Part = Literal | Variable | Group;

interface Literal {
  readonly kind: "literal";
  readonly text: string;
}
interface Variable {
  readonly kind: "variable";
  readonly name: VariableName;
}
/** Parentheses with variables in them: left out, with the blanks before them, when one of the variables is empty. */
interface Group {
  readonly kind: "group";
  readonly blanks: string;
  readonly parts: readonly Part[];
}

type Value = (track: Track) => string;

const VARIABLES = {
  artist: (track) => track.artist,
  albumartist: (track) => track.albumArtist,
  album: (track) => track.album,
  title: (track) => track.title,
  track: (track) => padded(track.trackNumber, 2),
  disc: (track) => numeral(track.discNumber),
  year: (track) => padded(track.year, 4),
  genre: (track) => track.genres[0] ?? "",
  composer: (track) => track.composers.join(", "),
  label: (track) => track.label ?? "",
  format: (track) => track.extension,
  format_upper: (track) => track.extension.toUpperCase(),
} as const satisfies Record<string, Value>;

type VariableName = keyof typeof VARIABLES;

/** Names that a template may use, as they are written after `$`. */
export const VARIABLE_NAMES = Object.keys(VARIABLES) as VariableName[];

/** What is wrong with a template, with a caret under the place. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
  constructor(message: string, template: string, at: number) {
    super(`${message}\n  ${template}\n  ${" ".repeat(at)}^`);
  }
}

/** What joins a number to a title, and is left over where the number is missing. */
const LEADING_SEPARATORS = /^[\s\-–_.]+/u;

/**
 * Parses a template: `$name` and `${name}` are variables, `$$` is a dollar sign, `/` starts the next folder,
 * a pair of parentheses that holds a variable is left out when the variable is empty.
 *
 * @throws TemplateError for an unknown variable, an open parenthesis or brace, an empty folder name.
 */
export function parseTemplate(template: string): Template {
  const segments: Segment[] = [];
  let start = 0;
  for (const source of template.split("/")) {
    const parts = new Parser(template, start, start + source.length).parse();
    if (parts.length === 0) throw new TemplateError("a folder or file name is empty", template, start);
    segments.push(parts);
    start += source.length + 1;
  }
  return segments;
}

/** Gives the path of a track. What a variable holds is never parsed again: it can add no folder. */
export function renderTemplate(template: Template, track: Track): string[] {
  return template.map((segment) => renderSegment(segment, track));
}

function renderSegment(parts: Segment, track: Track): string {
  let name = "";
  let startsEmpty = false;
  for (const part of parts) {
    const text = renderPart(part, track);
    if (part.kind === "variable" && text === "" && name === "") startsEmpty = true;
    name +=
      startsEmpty && name === "" && part.kind === "literal" ? text.replace(LEADING_SEPARATORS, "") : text;
  }
  return name;
}

function renderPart(part: Part, track: Track): string {
  if (part.kind === "literal") return part.text;
  if (part.kind === "variable") return VARIABLES[part.name](track);
  const texts = part.parts.map((inner) => renderPart(inner, track));
  const lacksOne = part.parts.some((inner, index) => inner.kind === "variable" && texts[index] === "");
  return lacksOne ? "" : `${part.blanks}(${texts.join("")})`;
}

class Parser {
  readonly #template: string;
  readonly #end: number;
  #at: number;

  constructor(template: string, start: number, end: number) {
    this.#template = template;
    this.#at = start;
    this.#end = end;
  }

  parse(): Part[] {
    return this.#parts(false);
  }

  #parts(isGroup: boolean): Part[] {
    const parts: Part[] = [];
    let text = "";
    const take = (part: Part): void => {
      if (text !== "") parts.push({ kind: "literal", text });
      text = "";
      parts.push(part);
    };
    while (this.#at < this.#end) {
      const character = this.#template[this.#at];
      if (isGroup && character === ")") break;
      if (character === "$") {
        const variable = this.#variable();
        if (variable) take(variable);
        else text += "$";
      } else if (character === "(" && this.#holdsVariable()) {
        const blanks = /\s*$/u.exec(text)?.[0] ?? "";
        text = text.slice(0, text.length - blanks.length);
        take(this.#group(blanks));
      } else {
        text += character;
        this.#at++;
      }
    }
    if (text !== "") parts.push({ kind: "literal", text });
    return parts;
  }

  #group(blanks: string): Group {
    const open = this.#at++;
    const parts = this.#parts(true);
    if (this.#at >= this.#end) throw new TemplateError("the parenthesis is not closed", this.#template, open);
    this.#at++;
    return { kind: "group", blanks, parts };
  }

  // `$$` is a dollar sign: then there is no variable.
  #variable(): Variable | undefined {
    const start = this.#at++;
    if (this.#template[this.#at] === "$") {
      this.#at++;
      return undefined;
    }
    const braced = this.#template[this.#at] === "{";
    if (braced) this.#at++;
    const name = /^[a-z_]*/u.exec(this.#template.slice(this.#at, this.#end))?.[0] ?? "";
    this.#at += name.length;
    if (braced && this.#template[this.#at++] !== "}") {
      throw new TemplateError("the brace is not closed", this.#template, start);
    }
    if (!isVariableName(name)) {
      const known = VARIABLE_NAMES.map((known) => `$${known}`).join(" ");
      throw new TemplateError(`there is no variable '$${name}'; there are ${known}`, this.#template, start);
    }
    return { kind: "variable", name };
  }

  #holdsVariable(): boolean {
    const rest = this.#template.slice(this.#at, this.#end);
    const close = rest.indexOf(")");
    return (close < 0 ? rest : rest.slice(0, close)).includes("$");
  }
}

function isVariableName(name: string): name is VariableName {
  return Object.hasOwn(VARIABLES, name);
}

function numeral(value: number | undefined): string {
  return value === undefined ? "" : String(value);
}

function padded(value: number | undefined, digits: number): string {
  return value === undefined ? "" : String(value).padStart(digits, "0");
}
