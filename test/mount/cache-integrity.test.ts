import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { StoreStats } from "#core/store/store.js";
import type { TestInstance } from "../support/mount.js";
import { DRIVERS } from "../support/mount-config.js";
import { run, until } from "../support/process.js";
import { filesBelow } from "../support/tree-files.js";
import { type CachedLibrary, withCachedLibrary } from "./fixtures/cached-mount.js";
import { damage, flip } from "./fixtures/damage.js";

const MIB = 1024 * 1024;
const TRACKS = [1, 2, 3, 4];

for (const driver of DRIVERS) {
  describe(`${driver}: a cache whose disk forgets`, () => {
    test("shows no wrong byte, running and after a restart, and mends itself", (t) =>
      withCachedLibrary(t, { driver, tracks: TRACKS.length, trackBytes: 2 * MIB + 99 }, async (library) => {
        await library.mounted(async ({ instance }) => {
          await readAll(library);
          await until("all are cut", async () => (await statsOf(instance)).uniqueChunks > 4 * 20);
          assert.ok((await damage(library.store)) > 100);
          await readAll(library);
          assert.ok((await statsOf(instance)).corruptChunks > 0, "the damage was not found");
          const { stdout } = await instance.cli(["cache", "verify", "--json"]);
          assert.equal(JSON.parse(stdout).corrupt, 0, stdout);
        });
        assert.ok((await damage(library.store)) > 100);
        await library.mounted(async ({ instance }) => {
          await readAll(library);
          const { corruptChunks } = await statsOf(instance);
          assert.ok(corruptChunks > 0, "the damage was not found");
          const { stdout } = await instance.cli(["cache", "verify", "--json"]);
          assert.equal(JSON.parse(stdout).corrupt, 0, stdout);
        });
      }));

    test("of a file that is not whole, too", (t) =>
      withCachedLibrary(t, { driver, tracks: 2, trackBytes: 4 * MIB }, async (library) => {
        const readHalf = async (): Promise<void> => {
          for (const track of [1, 2]) {
            const { stdout } = await run([
              "bash",
              "-c",
              `dd if='${library.shown(track)}' iflag=direct bs=64k count=32 status=none | sha256sum`,
            ]);
            assert.equal(stdout.split(" ")[0], hashOf(library.contentOf(track).subarray(0, 32 * 65536)));
          }
        };
        await library.mounted(async ({ instance }) => {
          await readHalf();
          assert.ok((await statsOf(instance)).wholeFiles < 2);
          await damage(library.store);
          await readHalf();
          assert.ok((await statsOf(instance)).corruptChunks > 0, "the damage was not found");
        });
        await damage(library.store);
        await library.mounted(async ({ instance }) => {
          await readHalf();
          assert.ok((await statsOf(instance)).corruptChunks > 0, "the damage was not found");
        });
      }));

    test("gives an error for what is damaged while the origin is gone, and the right bytes of the rest", (t) =>
      withCachedLibrary(t, { driver, tracks: 2, trackBytes: 2 * MIB }, async (library) => {
        await library.mounted(async () => readAll(library, [1, 2]));
        const [first = ""] = await filesBelow(join(library.store, "blobs"));
        await flip(first, 1_000_000);
        library.setGone(true);
        await library.mounted(async () => {
          const results = await Promise.allSettled([1, 2].map((track) => readFile(library.shown(track))));
          const failed = results.filter(({ status }) => status === "rejected");
          assert.equal(failed.length, 1);
          results.forEach((result, index) => {
            if (result.status === "fulfilled") assert.ok(result.value.equals(library.contentOf(index + 1)));
            else assert.equal(result.reason.code, "EIO");
          });
        });
      }));
  });
}

// Past the kernel's page cache of the mount, so that the store answers.
async function readAll(library: CachedLibrary, tracks = TRACKS): Promise<void> {
  for (const track of tracks) {
    const { stdout } = await run([
      "bash",
      "-c",
      `dd if='${library.shown(track)}' iflag=direct bs=128k status=none | sha256sum`,
    ]);
    assert.equal(stdout.split(" ")[0], hashOf(library.contentOf(track)), `track ${track}`);
  }
}

function hashOf(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

async function statsOf(instance: TestInstance): Promise<StoreStats> {
  const { stdout } = await instance.cli(["cache", "stats", "--json"]);
  return JSON.parse(stdout);
}
