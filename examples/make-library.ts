/**
 * Writes the example library: a few seconds of music a file, made of tones, in every usual format.
 *
 * `node dist/examples/make-library.js [DIR]`, by default into `examples/library`. Needs ffmpeg.
 */
import { mkdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { drawCover } from "./make-library/cover.js";
import { checkFfmpeg, encodeAudio, encodeJpeg, FfmpegError } from "./make-library/ffmpeg.js";
import { createRandom, renderMelody } from "./make-library/melody.js";
import { COVERS, PIECES, type Piece, TEXTS } from "./make-library/pieces.js";

const HERE = fileURLToPath(new URL("../../examples/library", import.meta.url));
const SECONDS = 3;

function main(dir: string): void {
  checkFfmpeg();
  for (const [path, hue] of Object.entries(COVERS)) encodeJpeg(drawCover(hue), place(dir, path));
  for (const [path, text] of Object.entries(TEXTS)) writeFileSync(place(dir, path), text);
  for (const [index, piece] of PIECES.entries()) writePiece(dir, piece, index + 1);
  writeFileSync(place(dir, "Loose/broken.mp3"), garbage(4096));
  console.log(`Wrote ${PIECES.length + 1} audio files to ${dir}`);
}

function writePiece(dir: string, { path, format, voice, tags, cover, keep }: Piece, seed: number): void {
  const target = place(dir, path);
  const samples = renderMelody({ seed, seconds: SECONDS, voice, notesPerSecond: 3 + (seed % 4) });
  encodeAudio(samples, format, tags, target, cover === undefined ? undefined : join(dir, cover));
  if (keep !== undefined) truncateSync(target, Math.floor(readFileSync(target).length * keep));
}

function place(dir: string, path: string): string {
  const target = join(dir, path);
  mkdirSync(dirname(target), { recursive: true });
  return target;
}

/** Bytes that start like an MP3's tag and then are nothing. */
function garbage(lengthBytes: number): Buffer {
  const random = createRandom(99);
  const bytes = Buffer.from(Uint8Array.from({ length: lengthBytes }, () => random() * 256));
  bytes.write("ID3\x04", "latin1");
  return bytes;
}

try {
  main(resolve(process.argv[2] ?? HERE));
} catch (error) {
  if (!(error instanceof FfmpegError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
