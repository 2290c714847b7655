/** A repeatable source of random numbers, so that a failure can be run again. */
export interface Random {
  /** A whole number from 0 to `below` - 1. */
  below(below: number): number;
  /** One of `choices`. */
  pick<T>(choices: readonly T[]): T;
  /** `true` once in `times`. */
  oneIn(times: number): boolean;
  /** New bytes, none of which is like the last. */
  bytes(length: number): Uint8Array;
}

/**
 * Makes a source that gives the same for the same `seed`: the generator "sfc32" of Chris Doty-Humphrey's
 * PractRand, with a period of about 2^127.
 */
export function createRandom(seed: number): Random {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9, 0x243f6a88, 1];
  const next = (): number => {
    const result = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + result) | 0;
    return result >>> 0;
  };
  for (let warmUp = 0; warmUp < 16; warmUp++) next();
  const below = (limit: number): number => Math.floor((next() / 2 ** 32) * limit);
  return {
    below,
    pick: <T>(choices: readonly T[]): T => choices[below(choices.length)] as T,
    oneIn: (times) => below(times) === 0,
    bytes: (length) => {
      const words = new Uint32Array(Math.ceil(length / 4));
      for (let index = 0; index < words.length; index++) words[index] = next();
      return new Uint8Array(words.buffer, 0, length);
    },
  };
}
