import type { Track } from "../model/track.js";
import { callFunction } from "./functions.js";
import type { Call, Choice, Part, Section, Template } from "./template.js";
import { valuesOf } from "./variables.js";

/** What joins a number to a title, and is left over where the number is missing. */
const LEADING_SEPARATORS = /^[\s\-–_.]+/u;

/**
 * Gives the path of a track: at least one name. What a variable holds is never parsed again: it can add no
 * folder. Any text may come out; the core makes safe names of it.
 */
export function renderTemplate(template: Template, track: Track): string[] {
  const path = new PathBuilder();
  appendParts(template.parts, track, path);
  return path.names();
}

/** Puts names together, piece by piece. */
class PathBuilder {
  readonly #names: string[] = [""];
  /** Names that hold more than what sections left of themselves. */
  readonly #solid = new Set<number>();
  #beginsEmpty = false;

  literal(text: string): void {
    const isLeftOver = this.#beginsEmpty && this.#name === "";
    this.#append(isLeftOver ? text.replace(LEADING_SEPARATORS, "") : text);
  }

  values(texts: readonly string[]): void {
    const text = texts.join(", ");
    if (text === "" && this.#name === "") this.#beginsEmpty = true;
    this.#append(text);
  }

  separator(): void {
    this.#names.push("");
    this.#beginsEmpty = false;
  }

  /** The names; a folder of which every section was left out is none. */
  names(): string[] {
    const last = this.#names.length - 1;
    return this.#names.filter((name, index) => name !== "" || this.#solid.has(index) || index === last);
  }

  get #name(): string {
    return this.#names.at(-1) ?? "";
  }

  #append(text: string): void {
    const last = this.#names.length - 1;
    this.#names[last] += text;
    this.#solid.add(last);
  }
}

function appendParts(parts: readonly Part[], track: Track, path: PathBuilder): void {
  for (const part of parts) {
    if (part.kind === "literal") path.literal(part.text);
    else if (part.kind === "separator") path.separator();
    else if (part.kind === "section") appendSection(part, track, path);
    else path.values(part.kind === "choice" ? choose(part, track) : call(part, track));
  }
}

function appendSection({ brackets, blanks, parts }: Section, track: Track, path: PathBuilder): void {
  if (lacksVariable(parts, track)) return;
  const isShown = brackets === "()";
  if (isShown) path.literal(`${blanks}(`);
  appendParts(parts, track, path);
  if (isShown) path.literal(")");
}

// A section within one has its own say; parentheses within brackets have not.
function lacksVariable(parts: readonly Part[], track: Track): boolean {
  return parts.some((part) => {
    if (part.kind === "choice") return isEmpty(choose(part, track));
    if (part.kind === "call") return isEmpty(call(part, track));
    return part.kind === "section" && part.brackets === "()" && lacksVariable(part.parts, track);
  });
}

function choose({ alternatives }: Choice, track: Track): readonly string[] {
  for (const alternative of alternatives) {
    const values = typeof alternative === "string" ? valuesOf(alternative, track) : [alternative.text];
    if (!isEmpty(values)) return values;
  }
  return [];
}

// The values of a lone variable stay apart, so that the first of them can be told.
function call({ name, argument, setting }: Call, track: Track): readonly string[] {
  const [only, ...others] = argument;
  const isLone = others.length === 0 && (only?.kind === "choice" || only?.kind === "call");
  const values = isLone ? valuesOfPart(only, track) : [renderText(argument, track)];
  return callFunction(name, values, setting);
}

function valuesOfPart(part: Choice | Call, track: Track): readonly string[] {
  return part.kind === "choice" ? choose(part, track) : call(part, track);
}

function renderText(parts: readonly Part[], track: Track): string {
  const path = new PathBuilder();
  appendParts(parts, track, path);
  return path.names().join("");
}

function isEmpty(values: readonly string[]): boolean {
  return values.every((value) => value.trim() === "");
}
