import { spawnSync } from "node:child_process";
import { COVER_PIXELS } from "./cover.js";
import { SAMPLE_RATE_HZ } from "./melody.js";

export type Format = "flac" | "mp3" | "m4a" | "ogg" | "opus" | "wav";

/** Tags by ffmpeg's names: `title`, `artist`, `album_artist`, `track`, `disc`, `date`, ... */
export type Tags = Readonly<Record<string, string>>;

const CODECS: Record<Format, readonly string[]> = {
  flac: ["-c:a", "flac", "-compression_level", "12", "-f", "flac"],
  mp3: ["-c:a", "libmp3lame", "-b:a", "48k", "-id3v2_version", "4", "-f", "mp3"],
  m4a: ["-c:a", "aac", "-b:a", "48k", "-f", "ipod"],
  ogg: ["-c:a", "libvorbis", "-q:a", "2", "-f", "ogg"],
  opus: ["-c:a", "libopus", "-b:a", "32k", "-ar", "48000", "-f", "opus"],
  wav: ["-c:a", "pcm_s16le", "-ar", "11025", "-f", "wav"],
};

/** Nothing of the machine, the date or ffmpeg's version goes into the files. */
const REPEATABLE = ["-fflags", "+bitexact", "-flags", "+bitexact", "-map_metadata", "-1"];

export class FfmpegError extends Error {}

/** @throws {@link FfmpegError} that says what to install when ffmpeg or one of the encoders is missing. */
export function checkFfmpeg(): void {
  const { stdout, error } = spawnSync("ffmpeg", ["-v", "error", "-encoders"], { encoding: "utf8" });
  if (error) throw new FfmpegError("ffmpeg is missing. On Debian: sudo apt-get install ffmpeg");
  const missing = ["flac", "libmp3lame", "aac", "libvorbis", "libopus", "mjpeg"].filter(
    (name) => !stdout.includes(` ${name} `),
  );
  if (missing.length > 0) {
    throw new FfmpegError(
      `This ffmpeg lacks ${missing.join(", ")}. On Debian: sudo apt-get install ffmpeg libavcodec-extra`,
    );
  }
}

/** Encodes `samples` (mono, 16 bits, {@link SAMPLE_RATE_HZ}) into a tagged file at the absolute path `target`. */
export function encodeAudio(
  samples: Buffer,
  format: Format,
  tags: Tags,
  target: string,
  coverPath?: string,
): void {
  const input = ["-f", "s16le", "-ar", String(SAMPLE_RATE_HZ), "-ac", "1", "-i", "pipe:0"];
  const cover = coverPath === undefined ? [] : ["-i", `file:${coverPath}`];
  const asFrontCover = ["-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic"];
  const described = ["-metadata:s:v", "title=Front", "-metadata:s:v", "comment=Cover (front)"];
  const metadata = Object.entries(tags).flatMap(([name, value]) => ["-metadata", `${name}=${value}`]);
  const picture = coverPath === undefined ? [] : [...asFrontCover, ...described];
  run(
    [...input, ...cover, ...picture, ...REPEATABLE, ...metadata, ...CODECS[format], `file:${target}`],
    samples,
  );
}

/** Encodes `pixels` (RGB, {@link COVER_PIXELS} square) into a JPEG at the absolute path `target`. */
export function encodeJpeg(pixels: Buffer, target: string): void {
  const size = `${COVER_PIXELS}x${COVER_PIXELS}`;
  const input = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", size, "-i", "pipe:0"];
  run([...input, ...REPEATABLE, "-frames:v", "1", "-q:v", "4", "-f", "mjpeg", `file:${target}`], pixels);
}

function run(args: readonly string[], input: Buffer): void {
  const { status, stderr, error } = spawnSync("ffmpeg", ["-nostdin", "-v", "error", "-y", ...args], {
    input,
    encoding: "utf8",
  });
  if (error) throw new FfmpegError(`ffmpeg did not run: ${error.message}`);
  if (status !== 0) throw new FfmpegError(`ffmpeg failed on ${args.at(-1)}:\n${stderr}`);
}
