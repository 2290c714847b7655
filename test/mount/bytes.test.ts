import assert from "node:assert/strict";
import { rmSync, statSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { generateLibrary } from "../support/generate-library.js";
import { withMount } from "../support/mount.js";
import { DRIVERS } from "../support/mount-config.js";
import { run } from "../support/process.js";
import { audioBelow, EXAMPLE_LIBRARY, hashesOf } from "../support/tree-files.js";

const GENERATED_FILES = 5000;
let generated = "";

before(async () => {
  generated = await mkdtemp(join(tmpdir(), "musicfs-test-library-"));
  generateLibrary(generated, { files: GENERATED_FILES, seed: 11 });
});

after(() => rmSync(generated, { recursive: true, force: true }));

for (const driver of DRIVERS) {
  test(`${driver}: every file of the example library is there, byte for byte`, () =>
    showsWhatTheOriginHas(EXAMPLE_LIBRARY));

  test(`${driver}: every one of ${GENERATED_FILES} generated files is there, byte for byte`, () =>
    showsWhatTheOriginHas(generated));

  async function showsWhatTheOriginHas(library: string): Promise<void> {
    await withMount({ driver, library }, async ({ mountpoint, status }) => {
      const originals = await audioBelow(library);
      const shown = await audioBelow(mountpoint);
      assert.equal(shown.length, originals.length);
      assert.deepEqual((await hashesOf(shown)).sort(), (await hashesOf(originals)).sort());

      const bytes = shown.reduce((sum, path) => sum + statSync(path).size, 0);
      const { stdout } = await run(["find", mountpoint, "-type", "d"]);
      assert.deepEqual(
        { tracks: status.tracks, bytes: status.bytes, directories: status.directories },
        { tracks: shown.length, bytes, directories: stdout.trimEnd().split("\n").length },
      );
    });
  }
}
