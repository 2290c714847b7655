import type { IAudioMetadata, ICommonTagsResult, ITag } from "music-metadata";
import type { TrackTags } from "../../model/track.js";
import { withMatroskaTags } from "./matroska-tags.js";

const MAX_TEXT = 1000;
const MAX_LYRICS = 20_000;
const MAX_VALUES = 64;

/** The tags of a file without any. */
export const NO_TAGS: TrackTags = {
  artists: [],
  albumArtists: [],
  genres: [],
  composers: [],
  compilation: false,
};

/** What music-metadata found, as {@link TrackTags}: every value checked, since it comes from a stranger's file. */
export function trackTagsOf(
  found: Partial<ICommonTagsResult>,
  native: IAudioMetadata["native"],
  withLyrics = false,
): TrackTags {
  const common = withMatroskaTags(found, native);
  return withoutMissing({
    title: textOf(common.title),
    artists: textsOf(unsplitArtist(native) ?? common.artists ?? [common.artist]),
    albumArtists: textsOf(unsplit(native, ["TPE2", "TP2"]) ?? common.albumartists ?? [common.albumartist]),
    album: textOf(common.album),
    trackNumber: numberOf(common.track?.no, 0),
    trackTotal: numberOf(common.track?.of, 0),
    discNumber: numberOf(common.disk?.no, 0),
    discTotal: numberOf(common.disk?.of, 0),
    year: numberOf(common.year, 1),
    originalDate: textOf(common.originaldate) ?? textOf(common.originalyear),
    genres: textsOf(common.genre),
    composers: textsOf(unsplit(native, ["TCOM", "TCM"]) ?? common.composer),
    label: textsOf(common.label)[0],
    comment: commentOf(common.comment),
    lyrics: withLyrics ? lyricsOf(common.lyrics) : undefined,
    compilation: common.compilation === true,
  });
}

/**
 * ID3v2.3 separates artists by `/`, so that AC/DC would be two: players that show the text as it is are right
 * more often. This puts together again what music-metadata has cut.
 */
function unsplit(native: IAudioMetadata["native"], ids: readonly string[]): string[] | undefined {
  const values = oldId3Values(native, (id) => ids.includes(id));
  return values.length > 1 ? [values.join("/")] : undefined;
}

// Taggers such as Picard list the artists one by one beside the text that credits them.
function unsplitArtist(native: IAudioMetadata["native"]): string[] | undefined {
  const artist = unsplit(native, ["TPE1", "TP1"]);
  const listed = oldId3Values(native, (id) => id.toUpperCase() === "TXXX:ARTISTS");
  if (listed.length === 0) return artist;
  const credit = artist ?? oldId3Values(native, (id) => id === "TPE1");
  return listed.join("/") === credit[0] ? credit : undefined;
}

function oldId3Values(native: IAudioMetadata["native"], isWanted: (id: string) => boolean): string[] {
  const tags: ITag[] = native["ID3v2.3"] ?? native["ID3v2.2"] ?? [];
  return tags.filter(({ id }) => isWanted(id)).map(({ value }) => textOf(value) ?? "");
}

// iTunes keeps its numbers for gapless playback and loudness as comments.
function commentOf(comments: ICommonTagsResult["comment"]): string | undefined {
  const own = comments?.find(({ descriptor }) => !/^iTun/i.test(descriptor ?? ""));
  return textOf(own?.text);
}

// As they are to be read, or else line by line as they are to be sung.
function lyricsOf(lyrics: ICommonTagsResult["lyrics"]): string | undefined {
  const texts = (lyrics ?? []).slice(0, MAX_VALUES).map(({ text, syncText }) => {
    return text ?? syncText?.map((line) => line.text).join("\n");
  });
  return textOf(texts.filter(Boolean).join("\n"), MAX_LYRICS);
}

function textOf(value: unknown, longest = MAX_TEXT): string | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  if (typeof value !== "string") return undefined;
  const text = value
    .slice(0, 2 * longest)
    .replaceAll("\0", "")
    .trim()
    .slice(0, longest);
  return text.replace(/\p{Surrogate}/gu, "\uFFFD").trim() || undefined;
}

function textsOf(values: unknown): string[] {
  if (!Array.isArray(values)) return [];
  const texts = new Set<string>();
  for (const value of values) {
    const text = textOf(value);
    if (text !== undefined) texts.add(text);
    if (texts.size === MAX_VALUES) break;
  }
  return [...texts];
}

function numberOf(value: unknown, least: number): number | undefined {
  return typeof value === "number" && Number.isInteger(value) && value >= least && value <= 9999
    ? value
    : undefined;
}

type Loose<T> = { [Key in keyof T]: T[Key] | undefined };

function withoutMissing(tags: Loose<TrackTags>): TrackTags {
  for (const key of Object.keys(tags) as (keyof TrackTags)[]) if (tags[key] === undefined) delete tags[key];
  return tags as TrackTags;
}
