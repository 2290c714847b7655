/**
 * Libraries of any size that are the same in every run.
 *
 * As a script: `node dist/test/support/generate-library.js DIR COUNT [SEED]`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createRandom } from "./audio-noise.js";
import { AUDIO_FORMATS, type AudioFormat, type AudioTags, writeAudio, writeMp3 } from "./audio-writer.js";
import { nameAlbum, nameArtist, nameGenre, nameTitle } from "./generate-names.js";

export interface LibraryOptions {
  /** How many audio files to write. */
  readonly files: number;
  /** The same seed and counts give the same bytes under the same names. @default 1 */
  readonly seed?: number;
  /** Albums take them in turn. @default all */
  readonly formats?: readonly AudioFormat[];
  /** @default 3 */
  readonly albumsPerArtist?: number;
  /** @default 10 */
  readonly tracksPerAlbum?: number;
  /** Length of each track's audio; 500 ms make 2 to 8 KiB. @default 500 */
  readonly durationMs?: number;
}

export interface GeneratedFiles {
  readonly files: number;
  readonly bytes: number;
}

/** One file of a generated library, before it is written. */
export interface GeneratedTrack {
  /** Below the library's root, `Artist/Album (year)/01 Title.ext`. */
  readonly path: string;
  readonly format: AudioFormat;
  readonly tags: AudioTags;
  readonly seed: number;
}

/**
 * Writes a library of tagged files into `dir`, which need not exist. No two files have the same bytes.
 * Every twentieth album is a compilation, every tenth has two discs, one in eight has no year.
 */
export function generateLibrary(dir: string, options: LibraryOptions): GeneratedFiles {
  let bytes = 0;
  let folder = "";
  for (const track of generateTracks(options)) {
    const path = join(dir, track.path);
    const parent = join(path, "..");
    if (parent !== folder) mkdirSync(parent, { recursive: true });
    folder = parent;
    const content = writeAudio(track.format, track.tags, {
      seed: track.seed,
      durationMs: options.durationMs ?? 500,
    });
    writeFileSync(path, content);
    bytes += content.length;
  }
  return { files: options.files, bytes };
}

/** What {@link generateLibrary} writes, album by album. */
export function* generateTracks(options: LibraryOptions): Generator<GeneratedTrack> {
  const { files, seed = 1, formats = AUDIO_FORMATS, albumsPerArtist = 3, tracksPerAlbum = 10 } = options;
  for (let index = 0; index < files; index += 1) {
    const albumIndex = Math.floor(index / tracksPerAlbum);
    const album = describeAlbum(seed, albumIndex, Math.floor(albumIndex / albumsPerArtist));
    const format = formats[albumIndex % formats.length] ?? "flac";
    yield describeTrack(album, format, seed, {
      index,
      position: index % tracksPerAlbum,
      perAlbum: tracksPerAlbum,
    });
  }
}

/** Writes `count` tiny tagged MP3 files into `dir` itself: one folder with very many entries. */
export function generateFolderOf(dir: string, count: number): GeneratedFiles {
  mkdirSync(dir, { recursive: true });
  let bytes = 0;
  for (let index = 1; index <= count; index += 1) {
    const number = String(index).padStart(7, "0");
    const tags = { title: `Track ${number}`, artists: ["One Folder"], album: "Everything" };
    const content = writeMp3(tags, { durationMs: 20, seed: index });
    writeFileSync(join(dir, `track ${number}.mp3`), content);
    bytes += content.length;
  }
  return { files: count, bytes };
}

interface Album {
  readonly artist: string;
  readonly name: string;
  readonly year: number | undefined;
  readonly genre: string;
  readonly compilation: boolean;
  readonly discs: number;
}

/** Where a track stands: in the library, and in its album. */
interface Slot {
  readonly index: number;
  readonly position: number;
  readonly perAlbum: number;
}

function describeAlbum(seed: number, albumIndex: number, artistIndex: number): Album {
  const random = createRandom(seed * 1_000_003 + albumIndex);
  const artist = nameArtist(createRandom(seed * 2_000_003 + artistIndex), artistIndex);
  const year = random() % 8 === 0 ? undefined : 1955 + (random() % 70);
  return {
    artist,
    name: nameAlbum(random, albumIndex),
    year,
    genre: nameGenre(random),
    compilation: albumIndex % 20 === 19,
    discs: albumIndex % 10 === 9 ? 2 : 1,
  };
}

function describeTrack(
  album: Album,
  format: AudioFormat,
  seed: number,
  { index, position, perAlbum }: Slot,
): GeneratedTrack {
  const random = createRandom(seed * 3_000_017 + index);
  const title = nameTitle(random);
  const perDisc = Math.ceil(perAlbum / album.discs);
  const trackNumber = (position % perDisc) + 1;
  const discNumber = Math.floor(position / perDisc) + 1;
  const tags: AudioTags = {
    title,
    artists: [album.compilation ? nameArtist(random, index) : album.artist],
    albumArtists: [album.compilation ? "Various Artists" : album.artist],
    album: album.name,
    trackNumber,
    trackTotal: perDisc,
    genres: [album.genre],
    compilation: album.compilation,
    ...(album.discs > 1 ? { discNumber, discTotal: album.discs } : {}),
    ...(album.year === undefined ? {} : { year: album.year }),
  };
  const folder = album.year === undefined ? album.name : `${album.name} (${album.year})`;
  const number = `${album.discs > 1 ? `${discNumber}-` : ""}${String(trackNumber).padStart(2, "0")}`;
  return {
    path: `${album.artist}/${folder}/${number} ${title}.${format}`,
    format,
    tags,
    seed: seed * 4_000_037 + index,
  };
}

function main([dir, count, seed = "1"]: readonly string[]): void {
  if (dir === undefined || !Number.isSafeInteger(Number(count)) || !Number.isSafeInteger(Number(seed))) {
    console.error("usage: generate-library DIR COUNT [SEED]");
    process.exitCode = 2;
    return;
  }
  const { files, bytes } = generateLibrary(dir, { files: Number(count), seed: Number(seed) });
  console.log(`${files} files, ${bytes} bytes`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main(process.argv.slice(2));
