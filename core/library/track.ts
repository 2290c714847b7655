import type { TaggedFile } from "../catalogue/files.js";
import type { Track } from "../model/track.js";
import { splitExtension } from "./names.js";

/** Changes whenever the same tags would make another track, so that every track is placed anew. */
export const TRACK_VERSION = 1;

export const UNKNOWN_ARTIST = "Unknown Artist";
export const UNKNOWN_ALBUM = "Unknown Album";
export const VARIOUS_ARTISTS = "Various Artists";

/** `01 - Title`, `01. Title`, `1-01 Title`: an optional disc, a track number, and what follows. */
const NUMBERED = /^(?:(\d{1,2})[-.])?(\d{1,3})(?:\s*[-–._]\s*|\s+)(?=\S)(.*)$/u;

/** Makes of a file's tags the track that layouts see: the file's own name and folders stand in for what is missing. */
export function trackOf(file: TaggedFile, originId: string): Track {
  const { tags, audio } = file;
  const place = placeOf(file.path);
  const artists = tags.artists.length > 0 ? tags.artists : tags.albumArtists;
  const artist = artists.join(", ") || place.artistFolder || UNKNOWN_ARTIST;
  const albumArtist = tags.albumArtists.join(", ") || (tags.compilation ? VARIOUS_ARTISTS : artist);
  return {
    ...tags,
    originId,
    path: file.path,
    sizeBytes: file.sizeBytes,
    extension: audio.format || place.extension,
    tagged: tags.title !== undefined || tags.album !== undefined || tags.artists.length > 0,
    title: tags.title ?? place.title,
    artist,
    artists,
    albumArtist,
    album: tags.album ?? (place.albumFolder || UNKNOWN_ALBUM),
    ...numbersOf(tags.trackNumber ?? place.trackNumber, tags.discNumber ?? place.discNumber),
    audio,
  };
}

/** Segments of a file's own path in its origin: where a track appears that no layout places. */
export function originSegments(path: string): string[] {
  return path.split("/");
}

function numbersOf(trackNumber: number | undefined, discNumber: number | undefined) {
  return {
    ...(trackNumber === undefined ? {} : { trackNumber }),
    ...(discNumber === undefined ? {} : { discNumber }),
  };
}

// `Artist/Album/01 - Title.flac`, as far as the path has so many folders.
function placeOf(path: string) {
  const segments = originSegments(path);
  const { stem, extension } = splitExtension(segments.at(-1) ?? "");
  const numbered = NUMBERED.exec(stem);
  return {
    title: numbered?.[3] ?? stem,
    extension: extension.slice(1).toLowerCase(),
    albumFolder: segments.at(-2) ?? "",
    artistFolder: segments.at(-3) ?? "",
    trackNumber: numbered ? Number(numbered[2]) : undefined,
    discNumber: numbered?.[1] ? Number(numbered[1]) : undefined,
  };
}
