import type { FunctionName } from "./functions.js";
import type { VariableName } from "./variables.js";

/** A template after parsing; see README.md of this folder for the language. */
export interface Template {
  readonly parts: readonly Part[];
}

export type Part = Literal | Separator | Choice | Call | Section;

export interface Literal {
  readonly kind: "literal";
  readonly text: string;
}

/** `/`: the next folder begins. */
export interface Separator {
  readonly kind: "separator";
}

/** A variable, or several of which the first that is not empty stands. */
export interface Choice {
  readonly kind: "choice";
  readonly alternatives: readonly (VariableName | Literal)[];
}

export interface Call {
  readonly kind: "call";
  readonly name: FunctionName;
  readonly argument: readonly Part[];
  /** What stands behind the comma. */
  readonly setting: string | undefined;
}

/** Something that is left out, with the blanks before it, when one of the variables in it is empty. */
export interface Section {
  readonly kind: "section";
  /** `()` are shown, `[]` are not. */
  readonly brackets: "()" | "[]";
  readonly blanks: string;
  readonly parts: readonly Part[];
}

/** What is wrong with a template, with a caret under the place. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
  /** Where, in UTF-16 units from the start of the template. */
  readonly at: number;

  constructor(message: string, template: string, at: number) {
    super(`${message}\n  ${template}\n  ${" ".repeat(columnsOf(template.slice(0, at)))}^`);
    this.at = at;
  }
}

/** Whether a variable stands in any of `parts`, sections within them left aside. */
export function hasVariable(parts: readonly Part[]): boolean {
  return parts.some((part) => {
    if (part.kind === "choice") return true;
    if (part.kind === "call") return hasVariable(part.argument);
    return part.kind === "section" && part.brackets === "()" && hasVariable(part.parts);
  });
}

// Characters of East Asian scripts and emoji take two columns of a terminal, marks none.
function columnsOf(text: string): number {
  let columns = 0;
  for (const character of text) {
    if (/\p{M}/u.test(character)) continue;
    columns +=
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return columns;
}
