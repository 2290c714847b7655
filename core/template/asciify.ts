/** Letters that no decomposition brings nearer to ASCII; what is in lower case here stands for both cases. */
const LETTERS: ReadonlyMap<string, string> = new Map([
  ...pairs("ß ss æ ae œ oe ø o đ d ð d þ th ł l ħ h ŧ t ŋ ng ı i ĳ ij ŀ l ſ s ʼ ' ə e ɛ e ɔ o"),
  ...pairs("а a б b в v г g д d е e ж zh з z и i й y к k л l м m н n о o п p р r с s т t у u ф f х kh ц ts"),
  ...pairs("ч ch ш sh щ shch ы y э e ю yu я ya і i є ye ґ g ђ dj ј j љ lj њ nj ћ c џ dz ў u"),
  ...pairs(
    "α a β b γ g δ d ε e ζ z η i θ th ι i κ k λ l μ m ν n ξ x ο o π p ρ r σ s ς s τ t υ y φ f χ ch ψ ps ω o",
  ),
]);
const SIGNS: ReadonlyMap<string, string> = new Map([
  ...pairs("‘ ' ’ ' ‚ ' ‹ ' › ' “ \" ” \" „ \" « \" » \" – - — - ‐ - ‑ - ‒ - ― - − - … ... × x ÷ / · . • *"),
  ["ь", ""],
  ["ъ", ""],
  ["Ь", ""],
  ["Ъ", ""],
]);

/**
 * Text in ASCII: letters lose their marks, those of Greek and Cyrillic are written in Latin ones, and what
 * comes near nothing (an ideogram, an emoji) is left out. What would leave nothing stays as it is.
 */
export function asciify(text: string): string {
  let out = "";
  for (const character of text.normalize("NFKC")) out += nearest(character);
  const tidy = out.replace(/\s+/gu, " ").trim();
  return tidy === "" ? text : tidy;
}

function nearest(character: string): string {
  const sign = SIGNS.get(character);
  if (sign !== undefined) return sign;
  const base = character.normalize("NFKD").replace(/\p{M}/gu, "");
  return Array.from(base, lettersFor).join("");
}

function lettersFor(character: string): string {
  if (/^[\x20-\x7e]$/.test(character)) return character;
  const lower = character.toLowerCase();
  const letters = LETTERS.get(lower);
  if (letters === undefined) return /^\s$/u.test(character) ? " " : (SIGNS.get(character) ?? "");
  return lower === character ? letters : letters.charAt(0).toUpperCase() + letters.slice(1);
}

function pairs(text: string): [string, string][] {
  const words = text.split(" ");
  return words.flatMap((word, index): [string, string][] =>
    index % 2 === 0 ? [[word, words[index + 1] ?? ""]] : [],
  );
}
