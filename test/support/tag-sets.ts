import fc from "fast-check";
import type { Track } from "#core/model/track.js";

/** What turns up in tags: any code points, lone surrogates, marks that reorder or hide text, dots, slashes, long runs. */
const text: fc.Arbitrary<string> = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom("Ann", "Bo", "ann", "First", "Ann/Bo", "Same") },
  fc.constantFrom(
    "",
    " ",
    ".",
    "..",
    "../../etc/passwd",
    "/",
    ".hidden",
    "Playlists",
    "collections",
    "a.",
    "CON",
  ),
  fc.constantFrom("Caf\u00e9", "Cafe\u0301", "\u202egpj.exe", "\u200b", "a\u0000b", "line\nbreak", "\ufeff"),
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc
    .array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 })
    .map((units) => String.fromCharCode(...units)),
  fc
    .tuple(fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 }), fc.integer({ min: 60, max: 400 }))
    .map(([piece, times]) => piece.repeat(times)),
);
const texts = fc.array(text, { maxLength: 4 });
const number = fc.option(fc.oneof(fc.integer({ min: 0, max: 12 }), fc.maxSafeNat()), { nil: undefined });
const extension = fc.oneof(fc.constantFrom("flac", "mp3", "ogg"), text);
const pathSegment = text.map((name) => {
  const segment = name.toWellFormed().replaceAll(/[/\0]/gu, "_");
  return /^\.{0,2}$/u.test(segment) ? "_" : segment;
});

/** A track with any tags at all; many want the path of another one. */
export const hostileTagSet: fc.Arbitrary<Track> = fc
  .record({
    path: fc.array(pathSegment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join("/")),
    extension,
    tagged: fc.boolean(),
    title: text,
    artists: texts,
    albumArtist: text,
    album: text,
    trackNumber: number,
    discNumber: number,
    discs: number,
    year: number,
    genres: texts,
    composers: texts,
    label: fc.option(text, { nil: undefined }),
    compilation: fc.boolean(),
  })
  .map(({ trackNumber, discNumber, discs, year, label, ...track }) => ({
    originId: "music",
    sizeBytes: 1,
    artist: track.artists.join(", "),
    audio: { format: track.extension },
    ...track,
    ...(trackNumber === undefined ? {} : { trackNumber }),
    ...(discNumber === undefined ? {} : { discNumber }),
    ...(discs === undefined ? {} : { discs }),
    ...(year === undefined ? {} : { year }),
    ...(label === undefined ? {} : { label }),
  }));

/** Libraries of such tracks, each with a path of its own in its origin. */
export function hostileLibrary(tracks: number): fc.Arbitrary<Track[]> {
  return fc.uniqueArray(hostileTagSet, {
    minLength: tracks,
    maxLength: tracks,
    size: "max",
    selector: ({ path }) => path,
  });
}
