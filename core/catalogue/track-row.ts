import type { EmbeddedPicture } from "../model/picture.js";
import type { AudioProperties, TrackTags } from "../model/track.js";

/** What is known of a file's content. */
export interface FileContent {
  readonly tags: TrackTags;
  readonly audio: AudioProperties;
  /** Where a picture lies in it. */
  readonly picture?: EmbeddedPicture;
}

/** The columns of `tracks` beside `file`, in the order of a {@link TrackTuple}. */
export const TRACK_COLUMNS = `title, artists, album_artists, album, track_number, track_total, disc_number, disc_total,
  year, original_date, genres, composers, label, comment, compilation, audio, picture`;

type Text = string | null;
type Whole = number | null;
export type TrackTuple = [
  title: Text,
  artists: Text,
  albumArtists: Text,
  album: Text,
  trackNumber: Whole,
  trackTotal: Whole,
  discNumber: Whole,
  discTotal: Whole,
  year: Whole,
  originalDate: Text,
  genres: Text,
  composers: Text,
  label: Text,
  comment: Text,
  compilation: number,
  audio: string,
  picture: Text,
];

export function trackTupleOf(
  tags: TrackTags,
  audio: AudioProperties,
  picture: EmbeddedPicture | undefined,
): TrackTuple {
  return [
    tags.title ?? null,
    listToText(tags.artists),
    listToText(tags.albumArtists),
    tags.album ?? null,
    tags.trackNumber ?? null,
    tags.trackTotal ?? null,
    tags.discNumber ?? null,
    tags.discTotal ?? null,
    tags.year ?? null,
    tags.originalDate ?? null,
    listToText(tags.genres),
    listToText(tags.composers),
    tags.label ?? null,
    tags.comment ?? null,
    tags.compilation ? 1 : 0,
    JSON.stringify(audio),
    picture === undefined ? null : JSON.stringify(picture),
  ];
}

export function trackOfTuple(row: TrackTuple): FileContent {
  const optional = {
    title: row[0],
    album: row[3],
    trackNumber: row[4],
    trackTotal: row[5],
    discNumber: row[6],
    discTotal: row[7],
    year: row[8],
    originalDate: row[9],
    label: row[12],
    comment: row[13],
  };
  return {
    tags: {
      ...withoutNulls(optional),
      artists: textToList(row[1]),
      albumArtists: textToList(row[2]),
      genres: textToList(row[10]),
      composers: textToList(row[11]),
      compilation: row[14] === 1,
    },
    audio: JSON.parse(row[15]),
    ...(row[16] === null ? {} : { picture: JSON.parse(row[16]) }),
  };
}

// Called for every track of a library: lists of entries would keep the collector busy.
function withoutNulls<T extends Record<string, unknown>>(values: T): { [K in keyof T]?: NonNullable<T[K]> } {
  const present: { [K in keyof T]?: NonNullable<T[K]> } = {};
  for (const key in values) {
    const value = values[key];
    if (value !== null && value !== undefined) present[key] = value as NonNullable<typeof value>;
  }
  return present;
}

function listToText(list: readonly string[]): Text {
  return list.length === 0 ? null : JSON.stringify(list);
}

function textToList(text: Text): string[] {
  return text === null ? [] : JSON.parse(text);
}
