import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { createReadStream, existsSync, statfsSync } from "node:fs";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { StoreStats } from "#core/store/store.js";
import type { TestInstance } from "../support/mount.js";
import { run, until } from "../support/process.js";
import { type CachedLibrary, withCachedLibrary } from "./fixtures/cached-mount.js";

const MIB = 1024 * 1024;
const driver = "mount-fuse";

describe("the limit of the cache", () => {
  test("holds at every moment while many read more than fits, and no reader sees an error", (t) =>
    withCachedLibrary(
      t,
      { driver, tracks: 10, trackBytes: 6 * MIB, diskMib: 32, cache: { maxBytes: 20 * MIB } },
      async (library) => {
        await library.mounted(async ({ instance }) => {
          let most = 0;
          const watch = setInterval(() => {
            most = Math.max(most, usedBytes(library.disk));
          }, 5);
          const tracks = Array.from({ length: 10 }, (_, index) => index + 1);
          for (let round = 0; round < 2; round += 1) {
            await Promise.all(
              tracks.map(async (track) => {
                assert.equal(
                  await hashOf(library.shown(track)),
                  hashOfBytes(library.contentOf(track)),
                  `${track}`,
                );
              }),
            );
          }
          clearInterval(watch);
          const { evictions, storedBytes, indexBytes } = await statsOf(instance);
          assert.ok(evictions > 0, "nothing was evicted");
          assert.ok(storedBytes + indexBytes <= 20 * MIB, `${storedBytes} + ${indexBytes}`);
          assert.ok(most <= 21 * MIB, `${most} bytes were used on the disk`);
          assert.ok(most > 12 * MIB, `${most}: the cache was not used`);
        });
      },
    ));

  test("leaves files that are larger than it to their origin", (t) =>
    withCachedLibrary(
      t,
      { driver, tracks: 1, trackBytes: 9 * MIB, cache: { maxBytes: 4 * MIB } },
      async (library) => {
        await library.mounted(async ({ instance }) => {
          for (let round = 0; round < 2; round += 1) {
            assert.equal(await hashOf(library.shown(1)), hashOfBytes(library.contentOf(1)));
            await run(["sync"]);
          }
          assert.equal((await statsOf(instance)).storedBytes, 0);
        });
      },
    ));
});

describe("a disk of the cache", () => {
  test("that is full is served around, said once, and used again when there is room", (t) =>
    withCachedLibrary(t, { driver, tracks: 4, trackBytes: 3 * MIB, diskMib: 16 }, async (library) => {
      await library.mounted(async ({ instance, daemon }) => {
        const ballast = join(library.disk, "ballast");
        await run(["dd", "if=/dev/zero", `of=${ballast}`, "bs=64k"]);
        for (const track of [1, 2]) {
          assert.equal(await hashOf(library.shown(track)), hashOfBytes(library.contentOf(track)));
        }
        assert.equal((await statsOf(instance)).wholeFiles, 0);
        const said = (): number => daemon.stderr().split("straight from their origins").length - 1;
        assert.ok(said() <= 1, daemon.stderr());
        await rm(ballast);
        await until("the cache is used again", async () => {
          await run([
            "bash",
            "-c",
            `dd if='${library.shown(3)}' iflag=direct bs=128k status=none | sha256sum`,
          ]);
          return (await statsOf(instance)).wholeFiles > 0;
        });
        assert.equal(await hashOf(library.shown(3)), hashOfBytes(library.contentOf(3)));
      });
    }));

  test("that became read-only is served around, too", (t) =>
    withCachedLibrary(t, { driver, tracks: 3, trackBytes: 2 * MIB, diskMib: 32 }, async (library) => {
      await library.mounted(async ({ instance }) => {
        assert.equal(await hashOf(library.shown(1)), hashOfBytes(library.contentOf(1)));
        await until("it is flushed", async () => (await statsOf(instance)).wholeFiles === 1);
        await run(["mount", "-o", "remount,ro", library.disk]);
        for (const track of [1, 2]) {
          assert.equal(await hashOf(library.shown(track)), hashOfBytes(library.contentOf(track)));
        }
        await run(["mount", "-o", "remount,rw", library.disk]);
        assert.equal(await hashOf(library.shown(3)), hashOfBytes(library.contentOf(3)));
      });
    }));

  test("from which everything is removed under us is filled anew", (t) =>
    withCachedLibrary(t, { driver, tracks: 2, trackBytes: 2 * MIB }, async (library) => {
      await library.mounted(async ({ instance }) => {
        assert.equal(await hashOf(library.shown(1)), hashOfBytes(library.contentOf(1)));
        await rm(library.store, { recursive: true });
        for (const track of [2, 1]) {
          assert.equal(await hashOf(library.shown(track)), hashOfBytes(library.contentOf(track)));
        }
        await until("there is a new store", async () => {
          await run([
            "bash",
            "-c",
            `dd if='${library.shown(2)}' iflag=direct bs=128k status=none | sha256sum`,
          ]);
          // The first track, too, once the kernel has forgotten what it had of it.
          return existsSync(library.store) && (await statsOf(instance)).wholeFiles >= 1;
        });
        const { stdout } = await run(["stat", "-c", "%a", library.store]);
        assert.equal(stdout.trim(), "700");
      });
    }));
});

describe("a start with a cache folder", () => {
  const cases: readonly (readonly [string, string, (library: CachedLibrary) => Promise<void>])[] = [
    [
      "of a newer format",
      "MFS_STORE_NEWER",
      async ({ store }) => {
        const path = join(store, "format.json");
        await writeFile(path, (await readFile(path, "utf8")).replace('"version": 1', '"version": 2'));
      },
    ],
    [
      "of another library",
      "MFS_STORE_FOREIGN",
      async ({ store }) => {
        const path = join(store, "format.json");
        await writeFile(
          path,
          (await readFile(path, "utf8")).replace(/"library": ".*"/, '"library": "/elsewhere"'),
        );
      },
    ],
    [
      "that holds something else",
      "MFS_STORE_FOREIGN",
      async ({ store }) => {
        await rm(join(store, "format.json"));
      },
    ],
    [
      "that is a link",
      "MFS_STORE_FOREIGN",
      async ({ store, folder }) => {
        await rm(store, { recursive: true });
        await run(["ln", "-s", folder, store]);
      },
    ],
  ];
  for (const [what, code, spoil] of cases) {
    test(`${what} says so, and removes nothing`, (t) =>
      withCachedLibrary(t, { driver, tracks: 1, trackBytes: MIB }, async (library) => {
        await library.mounted(async () => {
          await hashOf(library.shown(1));
        });
        await spoil(library);
        const before = await listing(library);
        const daemon = library.instance.launch();
        const { code: exitCode, stderr } = await daemon.ended;
        assert.notEqual(exitCode, 0);
        assert.match(stderr, new RegExp(code));
        assert.deepEqual(await listing(library), before);
      }));
  }

  test("on a full disk says so", (t) =>
    withCachedLibrary(t, { driver, tracks: 1, trackBytes: MIB, diskMib: 4 }, async (library) => {
      await run(["dd", "if=/dev/zero", `of=${join(library.disk, "ballast")}`, "bs=4k"]);
      const { code, stderr } = await library.instance.launch().ended;
      assert.notEqual(code, 0);
      assert.match(stderr, /MFS_FOLDER_UNUSABLE/);
      assert.match(stderr, /[Ff]ree some space/);
    }));
});

async function listing({ store, folder }: CachedLibrary): Promise<string> {
  return (await run(["find", store, folder, "-printf", "%p %s %l\\n"])).stdout;
}

function usedBytes(folder: string): number {
  const { blocks, bfree, bsize } = statfsSync(folder);
  return (blocks - bfree) * bsize;
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest("hex");
}

function hashOfBytes(content: Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

async function statsOf(instance: TestInstance): Promise<StoreStats> {
  const { stdout } = await instance.cli(["cache", "stats", "--json"]);
  return JSON.parse(stdout);
}
