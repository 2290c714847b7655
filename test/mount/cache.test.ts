import assert from "node:assert/strict";
import { open, readFile } from "node:fs/promises";
import { describe, test } from "node:test";
import { createRandom } from "../contracts/random.js";
import { DRIVERS } from "../support/mount-config.js";
import { run } from "../support/process.js";
import { withCachedLibrary } from "./fixtures/cached-mount.js";

const MIB = 1024 * 1024;

for (const driver of DRIVERS) {
  describe(`${driver}: files read through the content store`, () => {
    test("have the origin's bytes, and are fetched once", (t) =>
      withCachedLibrary(t, { driver, tracks: 2, trackBytes: 5 * MIB + 12_345 }, async (library) => {
        await library.mounted(async () => {
          for (const track of [1, 2, 1, 2]) {
            assert.ok(
              (await readFile(library.shown(track))).equals(library.contentOf(track)),
              `track ${track}`,
            );
          }
          const asked = library.reads().reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
          assert.equal(asked, library.contentOf(1).length + library.contentOf(2).length);
        });
        library.forgetReads();
        await library.mounted(async () => {
          for (const track of [1, 2]) {
            assert.ok(
              (await readFile(library.shown(track))).equals(library.contentOf(track)),
              `track ${track}`,
            );
          }
          assert.deepEqual(library.reads(), []);
        });
      }));

    test("have the origin's bytes wherever they are read, in any order", (t) =>
      withCachedLibrary(t, { driver, tracks: 2, trackBytes: 3 * MIB + 777 }, async (library) => {
        await library.mounted(async () => {
          const random = createRandom(42);
          const contents = [1, 2].map(library.contentOf);
          const handles = await Promise.all([1, 2].map((track) => open(library.shown(track))));
          for (let step = 0; step < 400; step += 1) {
            const which = random.below(2);
            const content = contents[which] as Buffer;
            const offset = random.below(content.length + 10);
            const length = 1 + random.below(random.oneIn(4) ? 600_000 : 5_000);
            const { buffer, bytesRead } = await (handles[which] as (typeof handles)[0]).read(
              Buffer.alloc(length),
              0,
              length,
              offset,
            );
            const expected = content.subarray(offset, offset + length);
            assert.ok(
              buffer.subarray(0, bytesRead).equals(expected),
              `step ${step}: ${length} bytes at ${offset}`,
            );
          }
          for (const handle of handles) await handle.close();
        });
      }));

    test("are readable as far as they are cached while the origin is gone, and whole when it is back", (t) =>
      withCachedLibrary(t, { driver, tracks: 3, trackBytes: 2 * MIB }, async (library) => {
        await library.mounted(async () => {
          await readFile(library.shown(1));
          library.setGone(true);
          await assert.rejects(readFile(library.shown(2)), { code: "EIO" });
        });
        await library.mounted(async ({ mountpoint }) => {
          assert.ok((await readFile(library.shown(1))).equals(library.contentOf(1)));
          await assert.rejects(readFile(library.shown(3)), { code: "EIO" });
          const { stdout } = await run(["ls", `${mountpoint}/Noise/Noise`]);
          assert.equal(stdout.trim().split("\n").length, 3);
          library.setGone(false);
          for (const track of [2, 3]) {
            assert.ok(
              (await readFile(library.shown(track))).equals(library.contentOf(track)),
              `track ${track}`,
            );
          }
        });
      }));
  });
}
