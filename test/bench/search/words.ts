import { createRandom, type Random } from "musicfs/testing";

const VOCABULARY = 60_000;
const ARTISTS = 20_000;
/** The commonest words are real ones, since their length matters. */
const COMMON = [
  "the",
  "of",
  "love",
  "and",
  "in",
  "you",
  "my",
  "night",
  "to",
  "a",
  "blue",
  "live",
  "time",
  "on",
  "no",
];
const ONSETS = [
  "b",
  "br",
  "ch",
  "d",
  "dr",
  "f",
  "g",
  "h",
  "k",
  "l",
  "m",
  "n",
  "p",
  "r",
  "s",
  "st",
  "t",
  "tr",
  "v",
  "w",
];
const VOWELS = ["a", "e", "i", "o", "u", "ai", "ea", "ou", "á", "ö"];
const ENDINGS = ["", "", "n", "r", "s", "t", "l", "m", "nd", "ck"];
const GENRES = [
  "Rock",
  "Pop",
  "Jazz",
  "Classical",
  "Electronic",
  "Folk",
  "Hip Hop",
  "Metal",
  "Soul",
  "Ambient",
];

/** Makes words whose frequencies follow Zipf's law: the n-th commonest has a share of 1/n. */
export class Words {
  readonly random: Random;
  readonly #vocabulary: readonly string[];
  readonly #artists: readonly string[];

  constructor(seed: number) {
    this.random = createRandom(seed);
    const made = new Set(COMMON);
    while (made.size < VOCABULARY) made.add(this.#invent());
    this.#vocabulary = [...made];
    this.#artists = Array.from({ length: ARTISTS }, () => this.text(1, 3));
  }

  word(): string {
    return this.#zipf(this.#vocabulary);
  }

  text(least: number, most: number): string {
    const count = least + this.random.below(most - least + 1);
    return Array.from({ length: count }, () => this.word()).join(" ");
  }

  artist(): string {
    return this.#zipf(this.#artists);
  }

  genre(): string {
    return this.#zipf(GENRES);
  }

  year(): number {
    return 2024 - Math.min(this.random.below(75), this.random.below(75));
  }

  // For a share of 1/rank the logarithm of the rank is spread evenly.
  #zipf(choices: readonly string[]): string {
    const rank = Math.exp((this.random.below(1e9) / 1e9) * Math.log(choices.length + 1));
    return choices[Math.min(choices.length, Math.floor(rank)) - 1] ?? "";
  }

  #invent(): string {
    const { random } = this;
    const syllables = 1 + random.below(3);
    const syllable = (): string => random.pick(ONSETS) + random.pick(VOWELS) + random.pick(ENDINGS);
    return Array.from({ length: syllables }, syllable).join("");
  }
}
