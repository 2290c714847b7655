/**
 * Fills a catalogue with tracks whose tags are made of words as common as those of a language, to be searched.
 *
 * As a script: `node dist/test/bench/search/make-words-catalogue.js FILE TRACKS`.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { type Catalogue, openCatalogue } from "#core/catalogue/catalogue.js";
import type { TrackTags } from "#core/model/track.js";
import { Words } from "./words.js";

const SEED = 7;
const TRACKS_PER_ALBUM = 10;
const ALBUMS_PER_TRANSACTION = 200;
const AUDIO = { format: "flac" };

/** Makes the catalogue at `path`, which must not exist, with `tracks` tracks that stand nowhere in the tree. */
export function makeWordsCatalogue(path: string, tracks: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const catalogue = openCatalogue(path);
  const words = new Words(SEED);
  try {
    const origin = catalogue.originNumber("bench");
    for (let made = 0; made < tracks; ) {
      catalogue.transaction(() => {
        for (let album = 0; album < ALBUMS_PER_TRANSACTION && made < tracks; album++) {
          made += addAlbum(catalogue, origin, words, made, Math.min(TRACKS_PER_ALBUM, tracks - made));
        }
      });
    }
    catalogue.checkpoint();
  } finally {
    catalogue.close();
  }
}

function addAlbum(
  catalogue: Catalogue,
  origin: number,
  words: Words,
  number: number,
  tracks: number,
): number {
  const artist = words.artist();
  const album = words.text(1, 4);
  const shared = {
    album,
    albumArtists: [artist],
    genres: [words.genre()],
    year: words.year(),
    compilation: false,
  };
  for (let trackNumber = 1; trackNumber <= tracks; trackNumber++) {
    const { random } = words;
    const tags: TrackTags = {
      ...shared,
      title: words.text(1, 6),
      artists: random.oneIn(10) ? [artist, words.artist()] : [artist],
      composers: random.oneIn(3) ? [words.artist()] : [],
      trackNumber,
      ...(random.oneIn(3) ? { label: words.text(1, 2) } : {}),
      ...(random.oneIn(5) ? { comment: words.text(3, 10) } : {}),
    };
    const path = `${artist}/${number} ${album}/${trackNumber} - ${tags.title}.flac`;
    const file = catalogue.files.insert(origin, { path, sizeBytes: 12_345_678, mtimeMs: 1.6e12 });
    catalogue.files.saveReading(file, { tags, audio: AUDIO });
  }
  return tracks;
}

function main([path, tracks]: readonly string[]): void {
  if (path === undefined || !Number.isSafeInteger(Number(tracks))) {
    console.error("usage: make-words-catalogue FILE TRACKS");
    process.exitCode = 2;
    return;
  }
  makeWordsCatalogue(path, Number(tracks));
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main(process.argv.slice(2));
