import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Track } from "musicfs";
import { layoutArtistAlbum } from "musicfs/plugins";
import {
  createRandom,
  type LayoutSubject,
  layoutContract,
  ordinaryTrack,
  runContract,
  setUpPlugin,
} from "musicfs/testing";

const EVERY_VARIABLE =
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a layout's template
  "$albumartist/$album ($year) [$label]/$disc-$track - $artist - $title ($genre, $composer) ${format_upper}.$format";

describe("layout-artist-album keeps the contract of a layout: under each artist", () => {
  runContract(layoutContract, () => setUpPlugin(layoutArtistAlbum({ eachArtist: true })), { test });
});

for (const template of [undefined, EVERY_VARIABLE]) {
  describe(`layout-artist-album keeps the contract of a layout: ${template ?? "default"}`, () => {
    runContract(layoutContract, () => openLayout(template), { test });
  });
}

describe("layout-artist-album", () => {
  const base: Track = {
    ...ordinaryTrack(createRandom(1)),
    title: "Tide Table",
    artist: "Marrow",
    albumArtist: "Marrow & Finch",
    album: "Salt Lanterns",
    trackNumber: 1,
    year: 2019,
    extension: "flac",
  };
  const { year: _year, trackNumber: _number, discNumber: _disc, label: _label, ...bare } = base;
  const lacking: Track = { ...bare, genres: [], composers: [] };

  const cases: readonly [what: string, template: string | undefined, track: Track, path: string][] = [
    ["the default", undefined, base, "Marrow & Finch/Salt Lanterns (2019)/01 - Tide Table.flac"],
    [
      "no year",
      undefined,
      { ...lacking, trackNumber: 1 },
      "Marrow & Finch/Salt Lanterns/01 - Tide Table.flac",
    ],
    [
      "several discs",
      undefined,
      { ...base, discNumber: 2, discs: 3 },
      "Marrow & Finch/Salt Lanterns (2019)/2-01 - Tide Table.flac",
    ],
    ["no number", undefined, lacking, "Marrow & Finch/Salt Lanterns/Tide Table.flac"],
    ["a number of three digits", "$track.$format", { ...base, trackNumber: 123 }, "123.flac"],
    ["a year before 1000", "$year.$format", { ...base, year: 33 }, "0033.flac"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a layout's template
    ["a dollar sign and braces", "$$${title}s.$format", base, "$Tide Tables.flac"],
    ["parentheses without a variable", "$title (live).$format", base, "Tide Table (live).flac"],
    ["variables in a tag", "$title.$format", { ...base, title: "$artist ($year)" }, "$artist ($year).flac"],
    [
      "two variables in parentheses",
      "$title ($year, $label).$format",
      { ...lacking, year: 1999 },
      "Tide Table.flac",
    ],
    ["lists", "$genre - $composer.$format", { ...base, composers: ["A", "B"] }, "Folk - A, B.flac"],
    ["formats", "$format_upper/$title.$format", base, "FLAC/Tide Table.flac"],
  ];
  for (const [what, template, track, path] of cases) {
    test(`places by the template: ${what}`, async () => {
      const layout = await openLayout(template);
      assert.equal(layout.placeTrack(track)?.join("/"), path);
    });
  }

  test("shows a track under each of its artists where that is wanted, and once under each", async () => {
    const layout = await setUpPlugin(
      layoutArtistAlbum({ eachArtist: true, template: "$albumartist/$title.$format" }),
    );
    const paths = layout.placeTrack({ ...base, albumArtist: "Various Artists", artists: ["Ann", "Bo"] });
    assert.deepEqual(paths, [
      ["Various Artists", "Tide Table.flac"],
      ["Ann", "Tide Table.flac"],
      ["Bo", "Tide Table.flac"],
    ]);
    const own = layout.placeTrack({ ...base, albumArtist: "Ann", artists: ["Ann"] });
    assert.deepEqual(own, [["Ann", "Tide Table.flac"]]);
  });

  test("leaves a file without tags under the folders and the name that it has", async () => {
    const layout = await openLayout(undefined);
    assert.equal(layout.placeTrack({ ...base, tagged: false }), undefined);
  });

  test("says what is wrong with a template, and where", () => {
    const problem = (template: string): string => layoutArtistAlbum({ template }).problems[0]?.message ?? "";
    assert.match(problem("$albumartist/$nope.$format"), /'\$nope'.*\$albumartist.*\n.*\n {15}\^/);
    assert.match(problem("$title ($year"), /parenthesis is not closed\n.*\n {9}\^/);
    assert.match(problem("${title.$format"), /brace is not closed/);
    for (const template of ["", "/$title", "$artist//$title", "$artist/"]) {
      assert.match(problem(template), /name is empty/, template);
    }
  });
});

async function openLayout(template: string | undefined): Promise<LayoutSubject> {
  return setUpPlugin(layoutArtistAlbum(template === undefined ? {} : { template }));
}
