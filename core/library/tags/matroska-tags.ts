import type { IAudioMetadata, ICommonTagsResult } from "music-metadata";

/**
 * Tags that music-metadata finds in a Matroska file and has no name for: those that ffmpeg and what is made of it write for
 * the track, though they are of the album, and those of the official list (https://www.matroska.org/technical/tagging.html)
 * that it leaves out. What it has a name for stays.
 */
export function withMatroskaTags(
  common: Partial<ICommonTagsResult>,
  native: IAudioMetadata["native"],
): Partial<ICommonTagsResult> {
  const tags = native.matroska;
  if (!tags) return common;
  const values = (...ids: readonly string[]): string[] => {
    const found = ids.map((id) => tags.filter((tag) => tag.id.toUpperCase() === id.toUpperCase()));
    const first = found.find(({ length }) => length > 0) ?? [];
    return first.map(({ value }) => value).filter((value) => typeof value === "string");
  };
  const date = values(
    "track:DATE",
    "album:DATE_RELEASED",
    "track:DATE_RELEASED",
    "album:DATE",
    "track:DATE_RECORDED",
  )[0];
  const albumArtists = values("track:ALBUM_ARTIST", "track:ALBUMARTIST", "album:ALBUM_ARTIST");
  const [discNumber, discTotal] = numbersOf(values("track:DISC", "track:DISCNUMBER")[0]);
  const [trackNumber, trackTotal] = numbersOf(
    values("track:PART_NUMBER", "track:TRACKNUMBER", "track:TRACK")[0],
  );
  const composers = values("track:COMPOSER", "album:COMPOSER");
  return {
    ...common,
    ...defined({
      album: common.album ?? values("track:ALBUM")[0],
      albumartists: common.albumartists ?? (albumArtists.length > 0 ? albumArtists : undefined),
      composer: common.composer ?? (composers.length > 0 ? composers : undefined),
      genre: common.genre ?? values("album:GENRE"),
      year: common.year ?? yearOf(date),
    }),
    track: { no: common.track?.no ?? trackNumber, of: common.track?.of ?? trackTotal },
    disk: { no: common.disk?.no ?? discNumber, of: common.disk?.of ?? discTotal },
  };
}

// `3` or `3/12`.
function numbersOf(text = ""): [number | null, number | null] {
  const [, number, total] = /^\s*(\d{1,4})(?:\s*\/\s*(\d{1,4}))?\s*$/.exec(text) ?? [];
  return [number ? Number(number) : null, total ? Number(total) : null];
}

function yearOf(date: string | undefined): number | undefined {
  const year = /^\s*(\d{4})(?!\d)/.exec(date ?? "")?.[1];
  return year ? Number(year) : undefined;
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
