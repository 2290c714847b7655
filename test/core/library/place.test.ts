import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { albumFolderOf } from "../../../core/catalogue/album-folder.js";
import { type Place, placeOf } from "../../../core/library/place.js";

const CASES: readonly [path: string, told: Partial<Place>][] = [
  [
    "Band/First/02 - Two.mp3",
    { artist: "Band", album: "First", trackNumber: 2, title: "Two", isPlain: false },
  ],
  [
    "Band/First (1999)/2. Two.mp3",
    { artist: "Band", album: "First", year: 1999, trackNumber: 2, title: "Two" },
  ],
  [
    "Band/1999 - First/1-02 Two.mp3",
    { album: "First", year: 1999, discNumber: 1, trackNumber: 2, title: "Two" },
  ],
  ["Band/[1999] First [FLAC]/02_Two.mp3", { trackNumber: 2, title: "Two" }],
  ["Band/First [1999] [FLAC] {CD}/x.flac", { album: "First", year: 1999 }],
  [
    "Band - First (2001)/01 - One.flac",
    { artist: "Band", album: "First", year: 2001, title: "One", isPlain: true },
  ],
  ["Downloads/Band - First/01 One.flac", { artist: "Band", album: "First", isPlain: false }],
  ["Band/Band - First/01 One.flac", { artist: "Band", album: "First", isPlain: true }],
  ["Band/Live - Berlin/01 One.flac", { artist: "Band", album: "Live - Berlin", isPlain: false }],
  ["Band - 2001 - First/One.flac", { artist: "Band", album: "First", year: 2001, isPlain: true }],
  [
    "Hits/01 - Ann - Song.flac",
    { trackArtist: "Ann", title: "Song", trackNumber: 1, album: "Hits", artist: "" },
  ],
  ["Ann - Song.flac", { trackArtist: "Ann", title: "Song", album: "", artist: "" }],
  ["Ann - First - 03 - Song.flac", { trackArtist: "Ann", title: "Song", trackNumber: 3 }],
  ["Jean-Luc - Anne-Marie.ogg", { trackArtist: "Jean-Luc", title: "Anne-Marie" }],
  ["Band/First/CD2/01 - One.flac", { artist: "Band", album: "First", discNumber: 2, trackNumber: 1 }],
  ["Band/First/Disc 1 (live)/01 - One.flac", { album: "First", discNumber: 1 }],
  ["CD1/01.flac", { title: "01", album: "CD1" }],
  ["Music/A/01 One.flac", { artist: "", album: "A" }],
  ["99 Luftballons.mp3", { trackNumber: 99, title: "Luftballons" }],
  ["1999.mp3", { title: "1999" }],
  ["x", { title: "x", extension: "" }],
];

for (const [path, told] of CASES) {
  test(`the path tells: ${path}`, () => {
    const place = placeOf(path);
    for (const [key, value] of Object.entries(told)) assert.equal(place[key as keyof Place], value, key);
  });
}

test("any path tells something, at once", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: "binary", maxLength: 300 }), { minLength: 1, maxLength: 5 }),
      (segments) => {
        const started = performance.now();
        const place = placeOf(segments.join("/"));
        assert.ok(typeof place.title === "string" && typeof place.album === "string");
        assert.ok(performance.now() - started < 2000);
      },
    ),
    { numRuns: 5000, seed: 11 },
  );
  for (const unit of ["- ", " - ", "(", "[2001", " (2001)", "1-", "a - b - 1", "feat. "])
    placeOf(`${unit.repeat(2000)}/x/${unit.repeat(2000)}.mp3`);
});

test("discs and pictures of an album belong to the folder above", () => {
  for (const [path, folder] of [
    ["a/b/c.flac", "a/b"],
    ["a/b/CD1/c.flac", "a/b"],
    ["a/b/disc 2/c.flac", "a/b"],
    ["a/b/CD 1 - Live/c.flac", "a/b"],
    ["a/b/Scans/back.jpg", "a/b"],
    ["a/Artwork/x.png", "a"],
    ["CD1/c.flac", "CD1"],
    ["a/CDs/c.flac", "a/CDs"],
    ["a/Disco/c.flac", "a/Disco"],
    ["c.flac", ""],
  ] as const) {
    assert.equal(albumFolderOf(path), folder, path);
  }
});
