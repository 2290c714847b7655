/**
 * What the kernel knows a node by: `ino + revision * 2^37`, handled as its two 32-bit words.
 *
 * The content under one pair of inode number and revision never changes, so a changed file is a new inode
 * to the kernel: its page cache cannot mix versions, and handles that are open keep the old one.
 */

/** Inode numbers are below this; better would take a library of 137 billion names. */
export const INO_LIMIT = 2 ** 37;

const WORD = 2 ** 32;
const HIGH_INO_BITS = 5;
const HIGH_INO_MASK = (1 << HIGH_INO_BITS) - 1;

export function nodeLow(ino: number): number {
  return ino >>> 0;
}

export function nodeHigh(ino: number, revision: number): number {
  return ((revision << HIGH_INO_BITS) | Math.floor(ino / WORD)) >>> 0;
}

export function inoOf(low: number, high: number): number {
  return (high & HIGH_INO_MASK) * WORD + low;
}

export function revisionOf(high: number): number {
  return high >>> HIGH_INO_BITS;
}
