import { execFile } from "node:child_process";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";

/** An album of FLAC files, as a folder of them and by their places in it. */
export interface Album {
  /** Names of the tracks, below any folder that shows the album, in order. */
  readonly tracks: readonly string[];
  readonly bytes: number;
}

const ARTIST = "Bench Ensemble";
const TITLE = "Long Tones";
const YEAR = "2020";

/**
 * The layout under which MusicFS shows the album just as it lies in its origin, so that every subject has the
 * same tree.
 */
export const ALBUM_TEMPLATE = "$artist/$album ($year)/$track - $title.$format";

/**
 * Encodes an album with ffmpeg: frames of noise, which no chunk has twice, at 16 bits, stereo and 44.1 kHz, some
 * 10.6 MB a minute.
 */
export async function makeAlbum(root: string, tracks: number, seconds: number): Promise<Album> {
  const folder = join(ARTIST, `${TITLE} (${YEAR})`);
  mkdirSync(join(root, folder), { recursive: true });
  const names: string[] = [];
  for (let track = 1; track <= tracks; track++) {
    const name = join(folder, `${String(track).padStart(2, "0")} - Tone ${track}.flac`);
    await encode(join(root, name), track, tracks, seconds);
    names.push(name);
  }
  const bytes = names.reduce((sum, name) => sum + statSync(join(root, name)).size, 0);
  return { tracks: names, bytes };
}

async function encode(path: string, track: number, tracks: number, seconds: number): Promise<void> {
  const noise = (color: string, seed: number): string[] => [
    ...["-f", "lavfi", "-i"],
    `anoisesrc=d=${seconds}:c=${color}:seed=${seed}:a=0.9:r=44100`,
  ];
  const tags = {
    title: `Tone ${track}`,
    artist: ARTIST,
    album: TITLE,
    date: YEAR,
    track: `${track}/${tracks}`,
  };
  await promisify(execFile)("ffmpeg", [
    ...["-v", "error", "-nostdin"],
    ...noise("white", track),
    ...noise("pink", track + tracks),
    ...["-filter_complex", "[0][1]amerge", "-sample_fmt", "s16", "-c:a", "flac", "-compression_level", "0"],
    ...Object.entries(tags).flatMap(([name, value]) => ["-metadata", `${name}=${value}`]),
    ...["-y", path],
  ]);
}

/** Writes the track with longer tags: its audio is the same, and begins `bytes` later. */
export async function retag(path: string, target: string, bytes: number): Promise<void> {
  await promisify(execFile)("ffmpeg", [
    ...["-v", "error", "-nostdin", "-i", path, "-map_metadata", "0", "-c", "copy"],
    ...["-metadata", `comment=${"x".repeat(bytes)}`, "-y", target],
  ]);
}
