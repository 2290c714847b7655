import assert from "node:assert/strict";
import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeFlac } from "../support/audio-writer.js";
import { until } from "../support/process.js";
import { noise } from "./fixtures/cached-mount.js";
import { withTwoOrigins } from "./fixtures/two-origins.js";

const MIB = 1024 * 1024;
const TRACKS = 6;
const OTHER = Buffer.concat([
  writeFlac({ title: "Other", artists: ["Noise"], album: "Far" }),
  noise(3 * MIB, 99),
]);

/** Bytes that files below a folder take on the disk; those that go meanwhile take none. */
function takenBelow(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.blocks ?? 0)
    .reduce((sum, blocks) => sum + blocks * 512, 0);
}

test("of an origin with a limit of its own no more is kept at any moment, and what is kept of another one stays", (t) =>
  withTwoOrigins(
    t,
    {
      tracks: TRACKS,
      trackBytes: 2 * MIB,
      a: { keep: "5 MiB" },
      prepare(_, b) {
        rmSync(join(b, "Copy of Noise"), { recursive: true });
        writeFileSync(join(b, "other.flac"), OTHER);
      },
    },
    async ({ a, b, shown, contentOf, json, instance, daemon, mountpoint, reload }) => {
      const blobs = join(instance.folder, "cache", "musicfs", "default", "store", "blobs");
      const other = join(mountpoint, "Noise", "Far", "Other.flac");
      const ofOrigin = async (id: string) =>
        (await json("cache", "stats")).origins.find(({ originId }: { originId: string }) => originId === id);
      assert.ok((await readFile(other)).equals(OTHER));
      let most = 0;
      const watch = setInterval(() => {
        most = Math.max(most, takenBelow(blobs));
      }, 20);
      const tracks = Array.from({ length: TRACKS }, (_, index) => index + 1);
      for (let round = 0; round < 2; round += 1) {
        await Promise.all(
          tracks.map(async (track) => assert.ok((await readFile(shown(track))).equals(contentOf(track)))),
        );
      }
      clearInterval(watch);
      assert.ok(most <= 5 * MIB + OTHER.length + 128 * 1024, `${most} bytes were taken`);
      const limited = await ofOrigin("a");
      assert.equal(limited.maxBytes, 5 * MIB);
      assert.ok(limited.storedBytes > 2 * MIB && limited.storedBytes <= 5 * MIB, `${limited.storedBytes}`);
      assert.ok((await json("cache", "stats")).evictions > 0);
      const free = await ofOrigin("b");
      assert.deepEqual([free.maxBytes, free.logicalBytes], [undefined, OTHER.length]);
      assert.match((await instance.cli(["cache", "stats"])).stdout, /a: .*\(of 5\.00? MiB at most\)/u);

      // What was kept before a start counts as well, also under a lower limit.
      await reload({ a: { keep: "3 MiB" } });
      await daemon.stop();
      const second = await instance.start();
      await second.scanned();
      await until("what is too much is gone", async () => (await ofOrigin("a")).storedBytes <= 3 * MIB);
      b.forget();
      assert.ok((await readFile(other)).equals(OTHER));
      assert.deepEqual(b.reads(), []);

      // What is larger than the limit is not kept at all.
      await reload({ a: { keep: "1 MiB" } });
      await second.stop();
      await (await instance.start()).scanned();
      await until("nothing is left of it", async () => (await ofOrigin("a")) === undefined);
      a.forget();
      assert.ok((await readFile(shown(1))).equals(contentOf(1)));
      assert.ok(a.reads().length > 0);
      assert.equal(await ofOrigin("a"), undefined);
    },
  ));
