import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { createRandom } from "./audio-noise.js";
import {
  AUDIO_FORMATS,
  writeAudio,
  writeFlac,
  writeM4a,
  writeMp3,
  writeOpus,
  writeVorbis,
} from "./audio-writer.js";
import { HOSTILE_FLAC, HOSTILE_MP4, HOSTILE_OGG, HOSTILE_WAV } from "./hostile-containers.js";
import { HOSTILE_ID3 } from "./hostile-id3.js";
import { HOSTILE_TAGS } from "./hostile-tags.js";

/** A file that a scan must survive, told by what is wrong with it. */
export interface HostileCase {
  /** Below the folder it is written to. */
  readonly path: string;
  readonly why: string;
  readonly bytes: () => Uint8Array;
}

/** A hostile file on the disk. */
export interface HostileFile {
  /** Below the folder given to {@link writeHostileFiles}; its folders tell the kind. */
  readonly path: string;
  readonly why: string;
}

/**
 * Writes every hostile file there is here, about 10 MiB: lying lengths, floods of frames, truncated and
 * misnamed files, random bytes, and tags that no name may be made of as they are.
 */
export function writeHostileFiles(dir: string): HostileFile[] {
  return HOSTILE_FILES.map(({ path, why, bytes }) => {
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), bytes());
    return { path, why };
  });
}

const PLAIN = { title: "Plain", artists: ["Nobody"], album: "Nothing wrong" };

const TINY: readonly HostileCase[] = AUDIO_FORMATS.flatMap((format) => [
  { path: `tiny/empty.${format}`, why: "no bytes at all", bytes: () => Buffer.alloc(0) },
  { path: `tiny/one-byte.${format}`, why: "a single byte", bytes: () => Buffer.of(0xff) },
  {
    path: `tiny/magic-only.${format}`,
    why: "ends after the first 8 bytes",
    bytes: () => writeAudio(format, PLAIN).subarray(0, 8),
  },
]);

const TRUNCATED: readonly HostileCase[] = AUDIO_FORMATS.flatMap((format) =>
  [0.1, 0.5, 0.95].map((part) => ({
    path: `truncated/${part * 100}-percent.${format}`,
    why: `cut off after ${part * 100} % of its bytes`,
    bytes: () => cut(writeAudio(format, PLAIN, { durationMs: 3000, paddingBytes: 2000 }), part),
  })),
);

const RANDOM: readonly HostileCase[] = AUDIO_FORMATS.flatMap((format, index) => [
  {
    path: `random/noise.${format}`,
    why: "64 KiB of random bytes",
    bytes: () => randomBytes(index + 1, 65_536),
  },
  { path: `random/zeros.${format}`, why: "256 KiB of zeros", bytes: () => Buffer.alloc(1 << 18) },
  {
    path: `random/flipped.${format}`,
    why: "a good file with 40 bytes overwritten at random",
    bytes: () => damage(writeAudio(format, PLAIN), index + 1, 40),
  },
]);

const MISNAMED: readonly HostileCase[] = [
  { path: "misnamed/flac.mp3", why: "a FLAC file named .mp3", bytes: () => writeFlac(PLAIN) },
  { path: "misnamed/mp3.flac", why: "an MP3 file named .flac", bytes: () => writeMp3(PLAIN) },
  { path: "misnamed/m4a.ogg", why: "an MP4 file named .ogg", bytes: () => writeM4a(PLAIN) },
  {
    path: "misnamed/opus.ogg",
    why: "Opus under the name of Vorbis, as is common",
    bytes: () => writeOpus(PLAIN),
  },
  { path: "misnamed/vorbis.opus", why: "Vorbis under the name of Opus", bytes: () => writeVorbis(PLAIN) },
  {
    path: "misnamed/text.flac",
    why: "a text named .flac",
    bytes: () => Buffer.from("Not music.\n".repeat(500)),
  },
  {
    path: "misnamed/page.mp3",
    why: "a web page named .mp3",
    bytes: () => Buffer.from("<!DOCTYPE html><p>404\n"),
  },
];

const HOSTILE_FILES: readonly HostileCase[] = [
  ...TINY,
  ...TRUNCATED,
  ...RANDOM,
  ...MISNAMED,
  ...HOSTILE_ID3,
  ...HOSTILE_MP4,
  ...HOSTILE_FLAC,
  ...HOSTILE_OGG,
  ...HOSTILE_WAV,
  ...HOSTILE_TAGS,
];

function cut(bytes: Buffer, part: number): Buffer {
  return bytes.subarray(0, Math.floor(bytes.length * part));
}

function randomBytes(seed: number, lengthBytes: number): Buffer {
  const random = createRandom(seed);
  return Buffer.from(Uint8Array.from({ length: lengthBytes }, () => random() & 0xff));
}

function damage(bytes: Buffer, seed: number, count: number): Buffer {
  const random = createRandom(seed);
  for (let hit = 0; hit < count; hit += 1) bytes[random() % bytes.length] = random() & 0xff;
  return bytes;
}
