import { createHash } from "node:crypto";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { TaggedFile } from "../catalogue/files.js";
import { FILE_KIND } from "../catalogue/schema.js";
import { type Place, placeOf } from "./place.js";

/** A folder with more tracks is a heap, and none of an album. */
export const MAX_ALBUM_TRACKS = 500;
export const VARIOUS_ARTISTS = "Various Artists";

/** What the tracks of one album in one folder tell of each other. */
export interface AlbumFacts {
  /** For a track that says nothing of it itself; absent where it is left to the track's own artist. */
  readonly albumArtist?: string;
  /** Absent where no track has a disc number. */
  readonly discs?: number;
  /** The year that most tracks have: one album is not spread over several because one track says otherwise. */
  readonly year?: number;
}

/** The albums in one folder, by what {@link albumKeyOf} makes of their titles. */
export type FolderFacts = ReadonlyMap<string, AlbumFacts>;

/** Of a folder with so many tracks that it is none of albums. */
export const NO_FACTS: FolderFacts = new Map();

/** A title such as `Winter Rooms (Disc 2)`, as some tag the discs of one album. */
const DISC_IN_TITLE = /^(.*\S)\s*[\s([,-]\s*(?:cd|disc|disk)\s*(\d{1,2})\s*[)\]]?$/iu;
/** `A feat. B` is by A. */
const GUESTS = /\s*[([]?\s*\b(?:feat|ft|featuring)\b\.?\s.*$/iu;

interface Member {
  readonly file: TaggedFile;
  readonly place: Place;
  readonly discNumber: number | undefined;
}

/** The album that a track belongs to: its title without a disc number, and that number. */
export function albumTitleOf(file: TaggedFile, place: Place): { title?: string; discNumber?: number } {
  const title = file.tags.album ?? (place.isPlain ? place.album : undefined);
  if (title === undefined) return {};
  const disc = DISC_IN_TITLE.exec(title);
  return disc ? { title: disc[1] ?? title, discNumber: Number(disc[2]) } : { title };
}

/** What titles of one album have in common. */
export function albumKeyOf(title: string): string {
  return title.normalize("NFC").toLowerCase();
}

/** Artist without guests. */
export function mainArtistOf(artist: string): string {
  return artist.replace(GUESTS, "").trim() || artist;
}

/**
 * Learns what the tracks of a folder tell of each other. Does not depend on their order.
 *
 * The album's artist: the one that most of those have that name one; else `Various Artists` where most are
 * marked as of a compilation; else the artist of more than half; else `Various Artists`.
 */
export function learnFolder(files: readonly TaggedFile[]): FolderFacts {
  const albums = new Map<string, Member[]>();
  for (const file of files) {
    const place = placeOf(file.path);
    const { title, discNumber } = albumTitleOf(file, place);
    if (title === undefined) continue;
    const member = { file, place, discNumber: file.tags.discNumber ?? discNumber ?? place.discNumber };
    const key = albumKeyOf(title);
    const members = albums.get(key);
    if (members) members.push(member);
    else albums.set(key, [member]);
  }
  return new Map([...albums].map(([key, members]) => [key, factsOf(members)]));
}

/** What the tracks of a folder tell of each other; nothing where there are too many. */
export function factsOfFolder(catalogue: Catalogue, album: number): FolderFacts {
  const rows = catalogue.files.ofAlbum(album, FILE_KIND.track, 0, MAX_ALBUM_TRACKS + 1);
  if (rows.length > MAX_ALBUM_TRACKS) return NO_FACTS;
  const tagged = rows
    .map((row) => catalogue.files.tagged(row))
    .filter((file): file is TaggedFile => file !== undefined);
  return learnFolder(tagged);
}

/** A text that is the same for the same facts. */
export function digestOf(facts: FolderFacts): string {
  const entries = [...facts].sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(entries)).digest("base64url").slice(0, 16);
}

function factsOf(members: readonly Member[]): AlbumFacts {
  const albumArtist = albumArtistOf(members);
  const discs = discsOf(members);
  const year = yearOf(members);
  return {
    ...(albumArtist === undefined ? {} : { albumArtist }),
    ...(discs === undefined ? {} : { discs }),
    ...(year === undefined ? {} : { year }),
  };
}

function albumArtistOf(members: readonly Member[]): string | undefined {
  const named = members.flatMap(({ file }) => file.tags.albumArtists.join(", ") || []);
  if (named.length > 0) return mostCommon(named)?.text;
  const marked = members.filter(({ file }) => file.tags.compilation).length;
  if (marked * 2 > members.length) return VARIOUS_ARTISTS;
  const artists = members.map(artistsOf).filter((artists) => artists.length > 0);
  if (artists.length === 0) return undefined;
  return (
    majority(artists.map((each) => mainArtistOf(each.join(", ")))) ??
    majority(artists.map((each) => mainArtistOf(each[0] ?? ""))) ??
    VARIOUS_ARTISTS
  );
}

function artistsOf({ file, place }: Member): readonly string[] {
  if (file.tags.artists.length > 0) return file.tags.artists;
  const artist = place.trackArtist ?? place.artist;
  return artist === "" ? [] : [artist];
}

function discsOf(members: readonly Member[]): number | undefined {
  let discs = 0;
  for (const { file, discNumber } of members)
    discs = Math.max(discs, file.tags.discTotal ?? 0, discNumber ?? 0);
  return discs > 0 ? discs : undefined;
}

function yearOf(members: readonly Member[]): number | undefined {
  const years = members.flatMap(({ file, place }) => file.tags.year ?? place.year ?? []);
  const found = mostCommon(years.map((year) => String(year).padStart(4, "0")));
  return found && Number(found.text);
}

function majority(texts: readonly string[]): string | undefined {
  const found = mostCommon(texts);
  return found && found.count * 2 > texts.length ? found.text : undefined;
}

// Texts that differ in case only count as one, which is written as most write it; of equals, the smallest.
function mostCommon(texts: readonly string[]): { text: string; count: number } | undefined {
  const spellings = new Map<string, Map<string, number>>();
  for (const text of texts) {
    const key = albumKeyOf(text);
    const counts = spellings.get(key) ?? new Map<string, number>();
    counts.set(text, (counts.get(text) ?? 0) + 1);
    spellings.set(key, counts);
  }
  const totals = [...spellings].map(([key, counts]) => [key, sumOf(counts)] as const);
  const [key, count] = greatest(totals) ?? [];
  if (key === undefined || count === undefined) return undefined;
  return { text: greatest([...(spellings.get(key) ?? [])])?.[0] ?? key, count };
}

function sumOf(counts: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const count of counts.values()) sum += count;
  return sum;
}

function greatest(entries: readonly (readonly [string, number])[]): readonly [string, number] | undefined {
  let best: readonly [string, number] | undefined;
  for (const entry of entries) {
    if (!best || entry[1] > best[1] || (entry[1] === best[1] && entry[0] < best[0])) best = entry;
  }
  return best;
}
