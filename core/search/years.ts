/** A word that every document has among its years. */
export const EVERY = "x";

/** A year as words, for engines that know words only: `1984` gives `x 1984 198x 19xx`. */
export function yearWords(year: number | undefined): string {
  if (year === undefined) return EVERY;
  const digits = String(year).padStart(4, "0");
  return `${EVERY} ${digits} ${digits.slice(0, 3)}x ${digits.slice(0, 2)}xx`;
}

/** Words of {@link yearWords} of which the years from `from` to `to` have exactly one: whole centuries and decades by one word each. */
export function wordsOfRange(from: number, to: number): string[] {
  const words: string[] = [];
  for (let year = from; year <= to; ) {
    const digits = String(year).padStart(4, "0");
    if (year % 100 === 0 && year + 99 <= to) {
      words.push(`${digits.slice(0, 2)}xx`);
      year += 100;
    } else if (year % 10 === 0 && year + 9 <= to) {
      words.push(`${digits.slice(0, 3)}x`);
      year += 10;
    } else {
      words.push(digits);
      year++;
    }
  }
  return words;
}
