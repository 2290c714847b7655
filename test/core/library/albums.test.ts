import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { TaggedFile } from "../../../core/catalogue/files.js";
import { learnFolder } from "../../../core/library/album-knowledge.js";
import { trackOf } from "../../../core/library/track.js";
import type { Track, TrackTags } from "../../../core/model/track.js";
import { createRandom } from "../../contracts/random.js";

type Tags = Partial<TrackTags>;

let lastId = 0;

function fileOf(path: string, tags: Tags): TaggedFile {
  const id = ++lastId;
  const lists = { artists: [], albumArtists: [], genres: [], composers: [], compilation: false };
  const row = {
    id,
    originNumber: 1,
    sizeBytes: 1,
    mtimeMs: 0,
    version: null,
    state: 1,
    ino: id,
    kind: 0,
    album: 1,
    identity: null,
  };
  return { ...row, path, tags: { ...lists, ...tags }, audio: { format: "flac" } };
}

/** The tracks that layouts see of the files of one folder. */
function tracks(files: Record<string, Tags>, folder = "music"): Track[] {
  const rows = Object.entries(files).map(([name, tags]) => fileOf(`${folder}/${name}`, tags));
  const facts = learnFolder(rows);
  return rows.map((row) => trackOf(row, "music", facts));
}

function albumArtists(files: Record<string, Tags>, folder?: string): string[] {
  return tracks(files, folder).map(({ albumArtist }) => albumArtist);
}

const HITS = { album: "Hits" };

describe("whose album it is", () => {
  test("the tag of a track itself comes first, then its mark as of a compilation", () => {
    assert.deepEqual(
      albumArtists({
        1: { ...HITS, artists: ["A"], albumArtists: ["Band"], compilation: true },
        2: { ...HITS, artists: ["B"], compilation: true },
      }),
      ["Band", "Various Artists"],
    );
  });

  test("a track that says nothing goes with those of its album that do", () => {
    const files = { 1: { ...HITS, artists: ["A"], albumArtists: ["Band"] }, 2: { ...HITS, artists: ["B"] } };
    assert.deepEqual(albumArtists(files), ["Band", "Band"]);
  });

  test("the artist of more than half of the tracks; else various", () => {
    const by = (...artists: string[]) =>
      albumArtists(Object.fromEntries(artists.map((artist, at) => [at, { ...HITS, artists: [artist] }])));
    assert.deepEqual(new Set(by("Ann", "Ann", "Ben")), new Set(["Ann"]));
    assert.deepEqual(new Set(by("Ann", "ANN", "Ann feat. Ben", "Ann (ft. Cleo)")), new Set(["Ann"]));
    assert.deepEqual(new Set(by("Ann", "Ben")), new Set(["Various Artists"]));
    assert.deepEqual(new Set(by("Ann", "Ben", "Cleo", "Ann")), new Set(["Various Artists"]));
    assert.deepEqual(by("Ann feat. Ben"), ["Ann"]);
    assert.deepEqual(by("Soft Feathers"), ["Soft Feathers"]);
  });

  test("several artists of one track are values: the first of most tracks will do", () => {
    assert.deepEqual(
      albumArtists({
        1: { ...HITS, artists: ["Ann", "Ben"] },
        2: { ...HITS, artists: ["Ann", "Cleo"] },
        3: { ...HITS, artists: ["Ann"] },
      }),
      ["Ann", "Ann", "Ann"],
    );
    assert.deepEqual(albumArtists({ 1: { ...HITS, artists: ["Ann", "Ben"] } }), ["Ann, Ben"]);
  });

  test("albums in one folder are kept apart, and songs without an album keep their own artist", () => {
    assert.deepEqual(
      albumArtists({
        1: { album: "One", artists: ["A"] },
        2: { album: "Two", artists: ["B"] },
        3: { title: "x", artists: ["C"] },
        4: { title: "y", artists: ["D"] },
      }),
      ["A", "B", "C", "D"],
    );
  });
});

describe("discs", () => {
  test("there are as many as any of the tracks tells, by tag, folder, name or title", () => {
    const discs = (files: Record<string, Tags>) =>
      tracks(files).map((track) => [track.discNumber, track.discs]);
    assert.deepEqual(discs({ 1: { ...HITS, discNumber: 1 }, 2: { ...HITS, discNumber: 2 } }), [
      [1, 2],
      [2, 2],
    ]);
    assert.deepEqual(discs({ 1: { ...HITS, discNumber: 1, discTotal: 3 } }), [[1, 3]]);
    assert.deepEqual(discs({ 1: { ...HITS, discNumber: 1 } }), [[1, 1]]);
    assert.deepEqual(discs({ 1: HITS }), [[undefined, undefined]]);
    assert.deepEqual(discs({ "CD1/1.flac": HITS, "CD2/1.flac": HITS }), [
      [1, 2],
      [2, 2],
    ]);
    assert.deepEqual(discs({ "1-01 a.flac": HITS, "2-01 b.flac": HITS }), [
      [1, 2],
      [2, 2],
    ]);
  });

  test("a disc in an album's title is one of the album", () => {
    const found = tracks({
      1: { album: "Hits (Disc 1)" },
      2: { album: "Hits [CD 2]" },
      3: { album: "Hits" },
    });
    assert.deepEqual(
      found.map(({ album, discNumber, discs }) => [album, discNumber, discs]),
      [
        ["Hits", 1, 2],
        ["Hits", 2, 2],
        ["Hits", undefined, 2],
      ],
    );
    assert.equal(tracks({ 1: { album: "Disc 1" } })[0]?.album, "Disc 1");
  });
});

describe("what stands in for a tag that is missing", () => {
  const one = (path: string, tags: Tags): Track => trackOf(fileOf(path, tags), "music");

  test("folders and names, where they are made by a known pattern", () => {
    const track = one("Ann - First (2001)/03 - Third.flac", {});
    assert.deepEqual(
      [
        track.tagged,
        track.artist,
        track.albumArtist,
        track.album,
        track.year,
        track.trackNumber,
        track.title,
      ],
      [true, "Ann", "Ann", "First", 2001, 3, "Third"],
    );
    assert.equal(one("some/where/noise.flac", {}).tagged, false);
  });

  test("an artist in the name counts only where no tag names one", () => {
    assert.deepEqual(one("Hits/01 - Ann - Song.flac", {}).artists, ["Ann"]);
    assert.equal(one("Hits/01 - Ann - Song.flac", { artists: ["Ann"] }).title, "Song");
    assert.equal(one("Hits/01 - Intro - Reprise.flac", { artists: ["Ben"] }).title, "Intro - Reprise");
    assert.equal(one("Hits/01 - Ann - Song.flac", { title: "Another" }).artist, "Unknown Artist");
  });

  test("the album's artist, before a folder", () => {
    const files = {
      1: { ...HITS, artists: ["Ann"] },
      2: { ...HITS, artists: ["Ann"] },
      3: { ...HITS, title: "T" },
    };
    assert.deepEqual(
      tracks(files).map(({ artist }) => artist),
      ["Ann", "Ann", "Ann"],
    );
  });
});

test("what is learnt of a folder does not depend on the order of its files", () => {
  const random = createRandom(12);
  const texts = ["Ann", "ann", "Ben", "Ann feat. Ben", "Cleo"];
  for (let round = 0; round < 300; round++) {
    const files = Array.from({ length: 1 + random.below(8) }, (_, at) =>
      fileOf(`folder/CD${1 + random.below(2)}/${at}.flac`, {
        ...(random.oneIn(4) ? {} : { album: random.pick(["Hits", "hits", "Hits (CD 2)", "Other"]) }),
        artists: random.oneIn(5) ? [] : [random.pick(texts)],
        albumArtists: random.oneIn(3) ? [random.pick(texts)] : [],
        compilation: random.oneIn(4),
      }),
    );
    const shuffled = [...files].sort(() => random.below(3) - 1);
    const sorted = (rows: readonly TaggedFile[]) =>
      [...learnFolder(rows)].sort(([a], [b]) => (a < b ? -1 : 1));
    assert.deepEqual(sorted(shuffled), sorted(files));
  }
});
