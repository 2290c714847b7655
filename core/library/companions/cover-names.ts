import { extensionOf } from "../tags/format.js";

/** In a priority list: the picture that is embedded in a track. */
const EMBEDDED = "embedded";
/** Formats that players show. */
const COVER_EXTENSIONS: ReadonlyMap<string, string> = new Map([
  ["jpg", "jpg"],
  ["jpeg", "jpg"],
  ["png", "png"],
  ["webp", "webp"],
  ["gif", "gif"],
]);
/** What stands between two words of a name. */
const BETWEEN = "[\\s._()\\[\\]-]";

/** Which pictures are the cover of what lies in their folder, and which of them comes first. */
export class CoverPriority {
  /** Rank of the embedded picture; `undefined` where it is never the cover. */
  readonly embeddedRank: number | undefined;
  readonly #patterns: readonly RegExp[];

  /** @param priority as `covers.priority` of a config. */
  constructor(priority: readonly string[]) {
    const rank = priority.indexOf(EMBEDDED);
    this.embeddedRank = rank < 0 ? undefined : rank;
    this.#patterns = priority.map((name) => (name === EMBEDDED ? /(?!)/u : patternOf(name)));
  }

  /** How good a cover a picture is by its name, 0 being the best; `undefined` for what is none. */
  rankOf(name: string): number | undefined {
    if (coverExtensionOf(name) === undefined) return undefined;
    const stem = name.slice(0, name.lastIndexOf("."));
    if (/back|inside|inlay|disc(?![a-z])|cd\b|spine|booklet/iu.test(stem)) return undefined;
    const rank = this.#patterns.findIndex((pattern) => pattern.test(stem));
    return rank < 0 ? undefined : rank;
  }
}

/** Extension of a picture as a cover has it. */
export function coverExtensionOf(name: string): string | undefined {
  return COVER_EXTENSIONS.get(extensionOf(name));
}

// `*` stands for other words, and not for a part of one: `*cover*` is `my cover`, and not `discovery`.
function patternOf(name: string): RegExp {
  const text = name.replace(/^\*+|\*+$/gu, "");
  const literal = text.replace(/[.+?^${}()|[\]\\/]/gu, "\\$&").replace(/\*+/gu, ".*");
  const before = name.startsWith("*") ? `(?:^|${BETWEEN})` : "^";
  const after = name.endsWith("*") ? `(?:$|${BETWEEN})` : "$";
  return new RegExp(`${before}${literal}${after}`, "iu");
}
