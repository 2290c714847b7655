import assert from "node:assert/strict";
import { test } from "node:test";
import { withMount } from "../support/mount.js";
import { DRIVERS } from "../support/mount-config.js";
import { type Ran, run } from "../support/process.js";
import { audioBelow, EXAMPLE_LIBRARY, hashOf, pathsByHash } from "../support/tree-files.js";

const PROBE = ["ffprobe", "-v", "error", "-print_format", "json", "-show_streams", "-show_format"];

for (const driver of DRIVERS) {
  test(`${driver}: ffprobe says the same of a file in the mount and in the origin`, async () => {
    const originals = await pathsByHash(await audioBelow(EXAMPLE_LIBRARY));
    await withMount({ driver, library: EXAMPLE_LIBRARY }, async ({ mountpoint }) => {
      let playable = 0;
      for (const shown of await audioBelow(mountpoint)) {
        const original = originals.get(await hashOf(shown)) ?? "";
        const [here, there] = await Promise.all([probe(shown), probe(original)]);
        assert.deepEqual(here, there, shown);
        if (here.code === 0) playable += 1;
      }
      assert.ok(playable >= 25, `${playable} files can be played`);
    });
  });

  test(`${driver}: ffmpeg decodes files of every format to the same sound`, async () => {
    const originals = await pathsByHash(await audioBelow(EXAMPLE_LIBRARY));
    await withMount({ driver, library: EXAMPLE_LIBRARY }, async ({ mountpoint }) => {
      const shown = await audioBelow(mountpoint);
      for (const extension of ["flac", "mp3", "m4a", "ogg", "opus", "wav"]) {
        const path = shown.find((path) => path.endsWith(`.${extension}`)) ?? "";
        const original = originals.get(await hashOf(path)) ?? "";
        assert.deepEqual(await decode(path), await decode(original), path);
      }
    });
  });
}

/** What ffprobe says, without the path, which is not the same. */
async function probe(path: string): Promise<Omit<Ran, "stderr">> {
  const { code, stdout } = await run([...PROBE, `file:${path}`]);
  return { code, stdout: stdout.replace(/"filename": ".*",?/, "") };
}

/** Checksum of the decoded sound. */
async function decode(path: string): Promise<Omit<Ran, "stderr">> {
  const args = ["-v", "error", "-i", `file:${path}`, "-map", "0:a", "-f", "md5", "-"];
  const { code, stdout } = await run(["ffmpeg", ...args]);
  return { code, stdout };
}
