import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { layoutOrigin } from "musicfs/plugins";
import { createRandom, layoutContract, ordinaryTrack, runContract, setUpPlugin } from "musicfs/testing";

for (const originIds of [["music"], ["music", "more"]]) {
  describe(`layout-origin keeps the contract of a layout, with ${originIds.length} origins`, () => {
    runContract(layoutContract, () => setUpPlugin(layoutOrigin(), { originIds }), { test });
  });
}

const TRACK = { ...ordinaryTrack(createRandom(1)), originId: "/srv/Music", path: "A/B/c.mp3" };
const CASES = [
  ["one origin", {}, ["/srv/Music"], "A/B/c.mp3"],
  ["several", {}, ["/srv/Music", "usb"], "Music/A/B/c.mp3"],
  ["several with one name", {}, ["/srv/Music", "~/music/"], "/srv/Music/A/B/c.mp3"],
  ["a folder although there is one", { originFolders: true }, ["/srv/Music"], "Music/A/B/c.mp3"],
  ["no folder although there are several", { originFolders: false }, ["/srv/Music", "usb"], "A/B/c.mp3"],
] as const;

for (const [what, options, originIds, path] of CASES) {
  test(`layout-origin: ${what}`, async (t) => {
    const layout = await setUpPlugin(layoutOrigin(options), { originIds });
    t.after(() => layout.close());
    assert.equal(layout.placeTrack(TRACK)?.join("/"), path);
  });
}
