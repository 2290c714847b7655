/**
 * Fills a catalogue with tracks that exist nowhere else, to see how a big library starts.
 *
 * As a script: `node dist/test/bench/make-catalogue.js FILE TRACKS [ORIGIN_ID]`.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { pathToFileURL } from "node:url";
import { type Catalogue, openCatalogue } from "#core/catalogue/catalogue.js";
import { ROOT_INO } from "#core/model/entry.js";
import type { TrackTags } from "#core/model/track.js";

const ALBUMS_PER_ARTIST = 2;
const TRACKS_PER_ALBUM = 10;
const TRACKS_PER_ARTIST = ALBUMS_PER_ARTIST * TRACKS_PER_ALBUM;
const ARTISTS_PER_TRANSACTION = 500;
const SIZE_BYTES = 12_345_678;
const MTIME_MS = 1_600_000_000_000;
const AUDIO = {
  format: "flac",
  codec: "FLAC",
  durationMs: 215_000,
  sampleRateHz: 44_100,
  channels: 2,
  lossless: true,
};

/**
 * Makes the catalogue at `path`, which must not exist, as if a scan had found `tracks` files in the origin
 * `originId` and the default layout had placed them. A daemon takes it as its own; an origin that lists
 * nothing leaves everything as it is.
 */
export function makeCatalogue(path: string, tracks: number, originId: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const catalogue = openCatalogue(path);
  try {
    const origin = catalogue.originNumber(originId);
    const artists = Math.ceil(tracks / TRACKS_PER_ARTIST);
    for (let first = 0; first < artists; first += ARTISTS_PER_TRANSACTION) {
      const end = Math.min(artists, first + ARTISTS_PER_TRANSACTION);
      catalogue.transaction(() => {
        for (let artist = first; artist < end; artist++) {
          addArtist(catalogue, origin, artist, tracks - artist * TRACKS_PER_ARTIST);
        }
      });
    }
    catalogue.checkpoint();
  } finally {
    catalogue.close();
  }
}

function addArtist(catalogue: Catalogue, origin: number, number: number, tracksLeft: number): void {
  const artist = `Artist ${String(number).padStart(6, "0")}`;
  const artistIno = addDirectory(catalogue, ROOT_INO, artist);
  for (let album = 0; album < ALBUMS_PER_ARTIST; album++) {
    const left = tracksLeft - album * TRACKS_PER_ALBUM;
    if (left > 0) addAlbum(catalogue, { origin, artist, artistIno }, album, Math.min(left, TRACKS_PER_ALBUM));
  }
}

interface Shelf {
  readonly origin: number;
  readonly artist: string;
  readonly artistIno: number;
}

function addAlbum(catalogue: Catalogue, shelf: Shelf, number: number, tracks: number): void {
  const year = 1960 + (number % 60);
  const album = `Album ${number + 1}`;
  const albumIno = addDirectory(catalogue, shelf.artistIno, `${album} (${year})`);
  for (let trackNumber = 1; trackNumber <= tracks; trackNumber++) {
    const tags: TrackTags = {
      title: `Some Title ${trackNumber}`,
      artists: [shelf.artist],
      albumArtists: [shelf.artist],
      album,
      trackNumber,
      trackTotal: tracks,
      year,
      genres: ["Ambient"],
      composers: [],
      compilation: false,
    };
    addTrack(catalogue, shelf.origin, albumIno, tags);
  }
}

function addTrack(catalogue: Catalogue, origin: number, albumIno: number, tags: TrackTags): void {
  const name = `${String(tags.trackNumber).padStart(2, "0")} - ${tags.title}.flac`;
  const file = catalogue.files.insert(origin, {
    path: `${tags.artists[0]}/${tags.album}/${name}`,
    sizeBytes: SIZE_BYTES,
    mtimeMs: MTIME_MS,
  });
  catalogue.files.saveReading(file, { tags, audio: AUDIO });
  catalogue.albums.begin(file.album);
  catalogue.albums.settle(file.album, "");
  catalogue.tree.insertName(albumIno, name, file.ino, false, MTIME_MS);
  catalogue.count({ tracks: 1, bytes: SIZE_BYTES });
}

function addDirectory(catalogue: Catalogue, parentIno: number, name: string): number {
  catalogue.count({ directories: 1 });
  return catalogue.tree.insertDirectory(parentIno, name, MTIME_MS);
}

function main([path, tracks, originId = "bench"]: readonly string[]): void {
  if (path === undefined || !Number.isSafeInteger(Number(tracks))) {
    console.error("usage: make-catalogue FILE TRACKS [ORIGIN_ID]");
    process.exitCode = 2;
    return;
  }
  makeCatalogue(path, Number(tracks), originId);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) main(process.argv.slice(2));
