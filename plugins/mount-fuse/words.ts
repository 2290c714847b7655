const WORD = 2 ** 32;

/** Writes a 64-bit number as two words. Negative ones in two's complement. */
export function putWords(data: Uint32Array, word: number, value: number): void {
  data[word] = value >>> 0;
  data[word + 1] = Math.floor(value / WORD) >>> 0;
}
