import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRandom } from "./random.js";

/** One file that an origin must have. */
export interface SampleFile {
  /** Path below the origin's root. */
  readonly path: string;
  readonly bytes: Uint8Array;
}

const MIB = 1024 * 1024;
/** 255 bytes of UTF-8: the longest name that a POSIX filesystem takes. */
const LONGEST_NAME = `${"夜".repeat(83)}ab.mp3`;
const DEEP = Array.from({ length: 24 }, (_, level) => `level ${level + 1}`).join("/");

const SIZES: readonly (readonly [path: string, sizeBytes: number])[] = [
  ["plain.flac", 70_001],
  ["empty.mp3", 0],
  ["one byte.mp3", 1],
  ["big.flac", 5 * MIB + 17],
  ["With Spaces/ leading and trailing .mp3 ", 300],
  [`Quotes/it's "quoted" \`here\`.mp3`, 301],
  ["Odd/-rf *?[]{}$(x);&|<>#%25 +~.mp3", 302],
  ["Odd/back\\slash.mp3", 303],
  ["Odd/new\nline\ttab.mp3", 304],
  ["Odd/.hidden.mp3", 305],
  ["Odd/trailing dots...", 306],
  ["Emoji/👨‍👩‍👧‍👦 🎶.opus", 307],
  ["夜の海/灯.m4a", 308],
  ["Accents/Caf\u00e9.mp3", 309],
  ["Accents/Cafe\u0301.mp3", 310],
  ["Case/UPPER.mp3", 311],
  ["Case/upper.mp3", 312],
  [`Long/${LONGEST_NAME}`, 313],
  [`${DEEP}/deep.flac`, 4096],
];

/** The files of {@link writeSampleTree}, for an origin that is filled in another way. The same every time. */
export function sampleFiles(): SampleFile[] {
  const random = createRandom(1);
  return SIZES.map(([path, sizeBytes]) => ({ path, bytes: random.bytes(sizeBytes) }));
}

/**
 * Writes a folder with what origins stumble over: blanks, quotes, emoji, a name in NFC and the same in NFD,
 * names that differ in case only, 255 bytes, 24 folders deep, a file without a byte, one of 5 MiB, an empty
 * folder. Needs a filesystem that tells such names apart, as those of Linux do.
 *
 * @returns the files; the empty folder is none.
 */
export function writeSampleTree(dir: string): SampleFile[] {
  const files = sampleFiles();
  for (const { path, bytes } of files) {
    const full = join(dir, path);
    mkdirSync(dirname(full), { recursive: true });
    writeFileSync(full, bytes);
  }
  mkdirSync(join(dir, "An empty folder"), { recursive: true });
  return files;
}

/** `count` small files in folders of a hundred, for listings that must come in pieces. */
export function manyFiles(count: number): SampleFile[] {
  return Array.from({ length: count }, (_, index) => ({
    path: `folder ${Math.floor(index / 100)}/${index}.mp3`,
    bytes: new Uint8Array(1),
  }));
}
