import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { StoreStats } from "#core/store/store.js";
import { createRandom } from "../contracts/random.js";
import { writeFlac } from "../support/audio-writer.js";
import type { TestInstance } from "../support/mount.js";
import { DRIVERS } from "../support/mount-config.js";
import { run, until } from "../support/process.js";
import { filesBelow } from "../support/tree-files.js";
import { noise, withCachedLibrary } from "./fixtures/cached-mount.js";

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

describe("a cached file that was copied, and passes through when it is opened next", () => {
  test("leaves no pages behind: the kernel is told to drop them once it is closed", (t) =>
    withCachedLibrary(t, { driver: "mount-fuse", tracks: 1, trackBytes: 3 * MIB }, async (library) => {
      await library.mounted(async ({ instance }) => {
        const path = library.shown(1);
        const before = await instance.status();
        const handle = await open(path);
        assert.ok((await handle.readFile()).equals(library.contentOf(1)));
        await stat(path);
        const { passthroughOpens, requests } = await instance.status();
        assert.equal(passthroughOpens, before.passthroughOpens);
        const asked = requests["getattr"];
        await handle.close();
        // The kernel keeps attributes for longer than any test takes, unless it is told to drop what it has of the file.
        await until("the kernel asks for the attributes again", async () => {
          await stat(path);
          return (await instance.status()).requests["getattr"] !== asked;
        });
        assert.ok((await readFile(path)).equals(library.contentOf(1)));
        assert.equal((await instance.status()).passthroughOpens, before.passthroughOpens + 1);
      });
    }));
});

describe("what cached files share", () => {
  const driver = "mount-fuse";
  const SAME = noise(2 * MIB, 99);

  test("two files that are the same cost one, and both are read from it", (t) =>
    withCachedLibrary(
      t,
      {
        driver,
        tracks: 2,
        trackBytes: 0,
        content: () => Buffer.concat([writeFlac({ title: "Twin" }), SAME]),
      },
      async (library) => {
        await library.mounted(async ({ instance }) => {
          const paths = await filesBelow(join(instance.mountpoint, "Unknown Artist"));
          assert.equal(paths.length, 2);
          for (const path of paths) assert.ok((await readFile(path)).equals(library.contentOf(1)));
          const size = library.contentOf(1).length;
          const stats = await until("both are cut, and one of them is dropped", async () => {
            const now = await statsOf(instance);
            return now.storedBytes === size ? now : undefined;
          });
          assert.equal(stats.logicalBytes, 2 * size);
          assert.equal(stats.chunks, 2 * stats.uniqueChunks);
          library.setGone(true);
          for (const path of paths) assert.ok((await readFile(path)).equals(library.contentOf(1)));
        });
        await library.mounted(async ({ instance }) => {
          for (const path of await filesBelow(join(instance.mountpoint, "Unknown Artist")))
            assert.ok((await readFile(path)).equals(library.contentOf(1)));
        });
      },
    ));

  test("the same audio behind other tags is kept once", (t) =>
    withCachedLibrary(
      t,
      {
        driver,
        tracks: 2,
        trackBytes: 0,
        content: (track, tags) => Buffer.concat([writeFlac(tags), noise(10_000 + track * 1000, track), SAME]),
      },
      async (library) => {
        await library.mounted(async ({ instance }) => {
          for (const track of [1, 2])
            assert.ok((await readFile(library.shown(track))).equals(library.contentOf(track)));
          const whole = library.contentOf(1).length + library.contentOf(2).length;
          const stats = await until("they are cut, and what they share is punched out", async () => {
            const now = await statsOf(instance);
            return now.storedBytes < whole - 1.5 * MIB ? now : undefined;
          });
          assert.equal(stats.logicalBytes, whole);
          const disk = await diskBytes(library.store);
          assert.ok(disk < whole - 1.5 * MIB, `${disk} bytes on the disk for ${whole}`);
          library.setGone(true);
          for (const track of [1, 2]) await readDirectly(library.shown(track), library.contentOf(track));
        });
        await library.mounted(async () => {
          for (const track of [2, 1]) await readDirectly(library.shown(track), library.contentOf(track));
        });
      },
    ));
});

// Past the kernel's page cache, so that the store answers.
async function readDirectly(path: string, content: Buffer): Promise<void> {
  const { stdout } = await run([
    "bash",
    "-c",
    `dd if='${path}' iflag=direct bs=128k status=none | sha256sum`,
  ]);
  assert.equal(stdout.split(" ")[0], createHash("sha256").update(content).digest("hex"), path);
}

async function statsOf(instance: TestInstance): Promise<StoreStats> {
  const { stdout } = await instance.cli(["cache", "stats", "--json"]);
  return JSON.parse(stdout);
}

async function diskBytes(folder: string): Promise<number> {
  const { stdout } = await run(["du", "-sB1", join(folder, "blobs")]);
  return Number(stdout.split("\t")[0]);
}
