/** Changes whenever the same text would give other words: indexes of before are made anew. */
export const FOLD_VERSION = 1;

/** Longest word that is kept, in UTF-16 units; the rest of a longer one is dropped, in texts and in queries. */
const MAX_WORD = 64;
/** Characters of one text that are looked at. */
const MAX_TEXT = 20_000;
/** Most parts of a text without spaces that are also found written as one (`AC/DC`, `R.E.M.`). */
const MAX_JOINED_PARTS = 8;
/** What an apostrophe parts is a word of its own from this length: `amour` of `l'amour`, and not the `s` of `'s`. */
const MIN_PART = 3;

/**
 * Marks that are dropped: accents of Latin, Greek and Cyrillic, vowel points of Hebrew and Arabic. Marks of
 * other scripts are letters there (`が` is not `か`).
 */
const MARK_RANGES = [
  "\\u0300-\\u036f",
  "\\u0483-\\u0487",
  "\\u0591-\\u05bd\\u05bf-\\u05c7",
  "\\u0640\\u064b-\\u065f\\u0670",
  "\\u1ab0-\\u1aff",
  "\\u1dc0-\\u1dff",
  "\\u20d0-\\u20ff",
  "\\ufe20-\\ufe2f",
];
const MARKS = new RegExp(`[${MARK_RANGES.join("")}]+`, "gu");

/** Letters that Unicode does not take apart, and the stroke that it makes fractions of. */
const LETTERS: Readonly<Record<string, string>> = {
  æ: "ae",
  œ: "oe",
  ß: "ss",
  ø: "o",
  đ: "d",
  ð: "d",
  þ: "th",
  ł: "l",
  ħ: "h",
  ŧ: "t",
  ŋ: "n",
  ı: "i",
  ĸ: "k",
  ς: "σ",
  "\u2044": "/",
};
const LETTER = new RegExp(`[${Object.keys(LETTERS).join("")}]`, "gu");

const APOSTROPHES = "'\u2018\u2019\u201b\u02bb\u02bc\u02b9\u2032\u00b4`\uff07";
/** Letters, digits and marks, with apostrophes between them; or one symbol that is no ASCII (`∆`, `♥`). */
const WORD = new RegExp(
  `[\\p{L}\\p{N}\\p{M}]+(?:[${APOSTROPHES}][\\p{L}\\p{N}\\p{M}]+)*|[^\\P{S}\\0-\\x7f]`,
  "gu",
);
const APOSTROPHE = new RegExp(`[${APOSTROPHES}]`, "u");
/** Scripts that are written without spaces: each character is indexed with the one that follows it. */
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\u30fc]/u;
const UNSPACED_RUN = new RegExp(`${UNSPACED.source}+|[^${UNSPACED.source.slice(1, -1)}]+`, "gu");
const PLAIN = /^[\0-\x7f]*$/u;

/** What of a text is compared: without case, accents and ligatures, in NFC. `Lux Æterna` is `lux aeterna`. */
export function foldText(text: string): string {
  if (PLAIN.test(text)) return text.toLowerCase();
  return text
    .normalize("NFKD")
    .replace(MARKS, "")
    .toLowerCase()
    .replace(LETTER, (letter) => LETTERS[letter] ?? letter)
    .normalize("NFC");
}

/** What one run of characters without a space comes to. */
export interface Chunk {
  /** Its words in order, to be found one after the other. */
  readonly words: readonly string[];
  /** Where it has none: its signs as one word, which stands for a text that has no words at all (`!!!`). */
  readonly signs?: string;
  /** The same as one word, where there are several: `acdc` of `AC/DC`. */
  readonly joined?: string;
  /** What apostrophes part: `amour` of `l'amour`, `keeper` of `keeper's`. */
  readonly apart: readonly string[];
  /** Characters at its end that are of a script without spaces: of these, the last one is the last of `words`. */
  readonly unspacedTail: number;
}

/** Takes a folded text without spaces apart. */
export function chunkOf(folded: string): Chunk {
  const found = folded.match(WORD) ?? [];
  const words: string[] = [];
  const apart: string[] = [];
  let unspacedTail = 0;
  for (const match of found) {
    const parts = APOSTROPHE.test(match) ? match.split(APOSTROPHE) : [match];
    if (parts.length > 1) apart.push(...parts.filter(({ length }) => length >= MIN_PART).map(cut));
    const word = parts.join("");
    // Some apostrophes are letters by themselves.
    if (word !== "") unspacedTail = pushWord(words, word);
  }
  const signs = words.length === 0 ? signsOf(folded) : "";
  if (signs !== "") return { words, signs, apart, unspacedTail };
  const isJoined = found.length > 1 && found.length <= MAX_JOINED_PARTS && words.length === found.length;
  return { words, apart, unspacedTail, ...(isJoined ? { joined: cut(words.join("")) } : {}) };
}

/**
 * The words of a text as documents have them, with one space between two. Behind them stand what is found
 * besides: `AC/DC` written as one word, and what apostrophes part, unless `plain`.
 */
export function documentWords(text: string, plain = false): string {
  const words: string[] = [];
  const besides: string[] = [];
  let signs: string | undefined;
  for (const folded of foldText(text.slice(0, MAX_TEXT)).split(/\s+/u)) {
    if (folded === "") continue;
    const chunk = chunkOf(folded);
    words.push(...chunk.words);
    signs ??= chunk.signs;
    if (plain) continue;
    if (chunk.joined !== undefined) besides.push(chunk.joined);
    besides.push(...chunk.apart);
  }
  if (words.length === 0) return signs ?? "";
  return [...words, ...besides].join(" ");
}

// Gives how many characters at the end are of a script without spaces.
function pushWord(words: string[], word: string): number {
  if (PLAIN.test(word) || !UNSPACED.test(word)) {
    words.push(cut(word));
    return 0;
  }
  let tail = 0;
  for (const run of word.match(UNSPACED_RUN) ?? []) {
    const pairs = UNSPACED.test(run) ? pairsOf(run) : [];
    tail = pairs.length;
    words.push(...(tail > 0 ? pairs : [cut(run)]));
  }
  return tail;
}

// 夜の海: 夜の, の海, 海. So a query of one character is a prefix, and a longer one a phrase of pairs.
function pairsOf(run: string): string[] {
  const characters = [...run];
  return characters.map((character, index) => character + (characters[index + 1] ?? ""));
}

// ASCII signs become their full-width twins, which are no ASCII.
function signsOf(folded: string): string {
  const signs = [...folded].filter((character) => /[\p{P}\p{S}]/u.test(character)).slice(0, MAX_WORD / 2);
  return signs
    .map((sign) => (sign < "\x7f" ? String.fromCharCode(sign.charCodeAt(0) + 0xfee0) : sign))
    .join("");
}

function cut(word: string): string {
  if (word.length <= MAX_WORD) return word;
  return word.slice(0, MAX_WORD).replace(/[\ud800-\udbff]$/u, "");
}
