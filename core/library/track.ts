import type { TaggedFile } from "../catalogue/files.js";
import type { Track } from "../model/track.js";
import {
  albumKeyOf,
  albumTitleOf,
  type FolderFacts,
  mainArtistOf,
  NO_FACTS,
  VARIOUS_ARTISTS,
} from "./album-knowledge.js";
import { type Place, placeOf } from "./place.js";

/** Changes whenever the same tags would make another track, so that every track is placed anew. */
export const TRACK_VERSION = 2;

export const UNKNOWN_ARTIST = "Unknown Artist";
export const UNKNOWN_ALBUM = "Unknown Album";

/**
 * Makes of a file's tags the track that layouts see: the other tracks of its folder, and the file's own name
 * and folders, stand in for what is missing.
 */
export function trackOf(file: TaggedFile, originId: string, folder: FolderFacts = NO_FACTS): Track {
  const { tags, audio } = file;
  const place = placeOf(file.path);
  const { title: album, discNumber } = albumTitleOf(file, place);
  const facts = album === undefined ? {} : (folder.get(albumKeyOf(album)) ?? {});
  const { artists, title } = creditOf(file, place, facts.albumArtist);
  const artist = artists.join(", ") || UNKNOWN_ARTIST;
  const own = tags.albumArtists.join(", ") || (tags.compilation ? VARIOUS_ARTISTS : undefined);
  return {
    ...tags,
    originId,
    path: file.path,
    sizeBytes: file.sizeBytes,
    extension: audio.format || place.extension,
    tagged: isTagged(file) || (place.isPlain && place.trackNumber !== undefined),
    title,
    artist,
    artists,
    albumArtist: own ?? facts.albumArtist ?? mainArtistOf(artist),
    album: album ?? (place.album || UNKNOWN_ALBUM),
    ...present({
      trackNumber: tags.trackNumber ?? place.trackNumber,
      discNumber: tags.discNumber ?? discNumber ?? place.discNumber,
      discs: facts.discs,
      year: facts.year ?? tags.year ?? place.year,
    }),
    audio,
  };
}

/** Segments of a file's own path in its origin: where a track appears that no layout places. */
export function originSegments(path: string): string[] {
  return path.split("/");
}

function isTagged({ tags }: TaggedFile): boolean {
  return tags.title !== undefined || tags.album !== undefined || tags.artists.length > 0;
}

// `Artist - Title` in a file's name counts only where no tag names the artist; else it may be all title.
function creditOf({ tags }: TaggedFile, place: Place, albumArtist: string | undefined) {
  if (tags.artists.length > 0)
    return { artists: tags.artists, title: tags.title ?? titleIn(place, tags.artists) };
  if (place.trackArtist !== undefined && (tags.title === undefined || tags.title === place.title)) {
    return { artists: [place.trackArtist], title: place.title };
  }
  const known = albumArtist === VARIOUS_ARTISTS ? undefined : albumArtist;
  const stand = known ?? place.artist;
  const artists = tags.albumArtists.length > 0 ? tags.albumArtists : stand === "" ? [] : [stand];
  return { artists, title: tags.title ?? place.title };
}

function titleIn(place: Place, artists: readonly string[]): string {
  if (place.trackArtist === undefined) return place.title;
  const isCredit = artists.some((artist) => albumKeyOf(artist) === albumKeyOf(place.trackArtist ?? ""));
  return isCredit ? place.title : `${place.trackArtist} - ${place.title}`;
}

function present<T extends Record<string, number | undefined>>(values: T): { [K in keyof T]?: number } {
  const given: { [K in keyof T]?: number } = {};
  for (const key in values) {
    const value = values[key];
    if (value !== undefined) given[key] = value;
  }
  return given;
}
