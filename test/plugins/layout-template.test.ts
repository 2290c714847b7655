// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates of layouts
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { layoutTemplate } from "musicfs/plugins";
import { createRandom, layoutContract, ordinaryTrack, runContract, setUpPlugin } from "musicfs/testing";

const EVERYTHING =
  '{genre|"Unknown Genre"}/%sort{%first{$artist}}/[$originaldate - ]$album[ \\[$codec $bitdepth-$samplerate\\]]/[Disc $disc of $discs/][%pad{$track,3} ]%asciify{$title} ($label).$format';

for (const untagged of ["origin", "template"] as const) {
  describe(`layout-template keeps the contract of a layout, untagged: ${untagged}`, () => {
    runContract(layoutContract, () => setUpPlugin(layoutTemplate({ template: EVERYTHING, untagged })), {
      test,
    });
  });
}

test("a file without tags keeps its place, or is placed like any other", async (t) => {
  const track = { ...ordinaryTrack(createRandom(3)), tagged: false, artist: "A", artists: ["A"], title: "T" };
  const template = "$artist/$title";
  const keeping = await setUpPlugin(layoutTemplate({ template }));
  const placing = await setUpPlugin(layoutTemplate({ template, untagged: "template" }));
  t.after(() => Promise.all([keeping.close(), placing.close()]));
  assert.equal(keeping.placeTrack(track), undefined);
  assert.deepEqual(placing.placeTrack(track), ["A", "T"]);
});

test("a template is needed, and a wrong one is a problem of the config with its place", () => {
  assert.deepEqual(layoutTemplate({ template: "$artist/$nope" }).problems[0]?.path, ["template"]);
  const missing = layoutTemplate({} as never).problems[0];
  assert.deepEqual(missing?.path, ["template"]);
});
