import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import type { TestInstance } from "../support/mount.js";
import { run, until } from "../support/process.js";
import { cacheStats, withStore } from "../support/store-mount.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { audioBelow } from "../support/tree-files.js";

/** By extension, what makes ffmpeg write it. */
const FORMATS: Readonly<Record<string, readonly string[]>> = {
  flac: [],
  mp3: ["-b:a", "320k"],
  m4a: ["-c:a", "aac", "-b:a", "256k"],
  ogg: ["-c:a", "libvorbis", "-q:a", "9"],
  opus: ["-b:a", "256k"],
  wav: [],
};
const SECONDS = 100;
const NOISE = ["-v", "error", "-f", "lavfi", "-i", `anoisesrc=duration=${SECONDS}:color=pink:seed=1`];
/** Most of the sound that ffprobe looks at. */
const SOUND_BYTES = 512 * 1024;
const PROBE = ["ffprobe", "-v", "error", "-show_entries", "format_tags:stream_tags", "-of", "json"];

test("the second tag reader costs the origin nothing, and the first one little: ffprobe over a cached origin", async (t) => {
  const library = temporaryFolder(t);
  await encode(library);
  await withStore({ library }, async ({ instance }) => {
    const daemon = await instance.start();
    await daemon.scanned();
    const shown = await audioBelow(instance.mountpoint);
    assert.equal(shown.length, Object.keys(FORMATS).length);
    const scanned = await cacheStats(instance);
    assert.ok(scanned.originBytes > 0, "the scan did not read through the cache");
    assert.ok(scanned.wholeFiles < shown.length, "the scan read the files whole");
    await probeAll(shown);
    const first = await atRest(instance);
    // Tags are there; of some formats it decodes the beginning, too.
    assert.ok(
      first - scanned.originBytes <= shown.length * SOUND_BYTES,
      `${first - scanned.originBytes} bytes`,
    );
    await probeAll(shown);
    assert.equal(await atRest(instance), first);
  });
});

async function probeAll(paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const { code, stdout } = await run([...PROBE, path]);
    assert.equal(code, 0, path);
    assert.match(stdout, /Second Reader/u, path);
  }
}

/** Bytes asked of the origin since the start, once what is read ahead is here. */
async function atRest(instance: TestInstance): Promise<number> {
  let last = -1;
  return until("nothing is fetched any more", async () => {
    const { originBytes } = await cacheStats(instance);
    const isAtRest = originBytes === last;
    last = originBytes;
    return isAtRest ? originBytes : undefined;
  });
}

async function encode(folder: string): Promise<void> {
  for (const [extension, how] of Object.entries(FORMATS)) {
    const tags = ["-metadata", "artist=Second Reader", "-metadata", `title=Noise in ${extension}`];
    const { code, stderr } = await run([
      "ffmpeg",
      ...NOISE,
      "-ac",
      "2",
      ...how,
      ...tags,
      join(folder, `noise.${extension}`),
    ]);
    assert.equal(code, 0, stderr);
  }
}
