import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { open, readdir, readFile, symlink } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { run, until } from "../support/process.js";
import { filesBelow } from "../support/tree-files.js";
import { withCachedLibrary } from "./fixtures/cached-mount.js";

const MIB = 1024 * 1024;
const BLOCK = 64 * 1024;
const driver = "mount-fuse";

describe("fetching from an origin", () => {
  test("64 readers of one cold range are one request", (t) =>
    withCachedLibrary(t, { driver, tracks: 1, trackBytes: 8 * MIB }, async (library) => {
      await library.mounted(async () => {
        library.forgetReads();
        library.setSlow(300);
        const script = [
          "for i in $(seq 64); do",
          `dd if='${library.shown(1)}' iflag=direct bs=64k skip=64 count=1 status=none | sha256sum &`,
          "done; wait",
        ].join("\n");
        const { stdout } = await run(["bash", "-c", script]);
        assert.equal(new Set(stdout.trim().split("\n")).size, 1);
        assert.equal(stdout.trim().split("\n").length, 64);
        assert.equal(library.reads().length, 1, JSON.stringify(library.reads()));
      });
    }));

  test("a seek fetches nothing that lies before it, and little behind it", (t) =>
    withCachedLibrary(t, { driver, tracks: 1, trackBytes: 16 * MIB }, async (library) => {
      await library.mounted(async () => {
        library.forgetReads();
        const handle = await open(library.shown(1));
        const at = 9 * MIB + 5;
        await handle.read(Buffer.alloc(1000), 0, 1000, at);
        await handle.close();
        const reads = library.reads();
        assert.ok(reads.length > 0);
        for (const { offsetBytes, lengthBytes } of reads) {
          assert.ok(offsetBytes >= Math.floor(at / BLOCK) * BLOCK, `${offsetBytes} lies before ${at}`);
          assert.ok(
            offsetBytes + lengthBytes <= at + 2 * MIB,
            `${offsetBytes + lengthBytes} lies far behind`,
          );
        }
      });
    }));

  test("whoever reads in order is read ahead for", (t) =>
    withCachedLibrary(t, { driver, tracks: 1, trackBytes: 16 * MIB }, async (library) => {
      await library.mounted(async () => {
        library.forgetReads();
        await run(["dd", `if=${library.shown(1)}`, "of=/dev/null", "iflag=direct", "bs=128k", "count=32"]);
        await until("what follows is fetched", () => {
          const end = Math.max(
            ...library.reads().map(({ offsetBytes, lengthBytes }) => offsetBytes + lengthBytes),
          );
          return end >= 4 * MIB + 2 * MIB;
        });
      });
    }));

  test("what the scan read of a file is there for whoever reads its tags again", (t) =>
    withCachedLibrary(t, { driver, tracks: 3, trackBytes: 2 * MIB }, async (library) => {
      await library.mounted(async () => {
        assert.ok(library.reads().length >= 3);
        library.forgetReads();
        for (const track of [1, 2, 3]) {
          const head = (
            await run([
              "bash",
              "-c",
              `dd if='${library.shown(track)}' iflag=direct bs=4k count=1 status=none | sha256sum`,
            ])
          ).stdout;
          const file = join(library.folder, "Noise", `${track}.flac`);
          assert.equal(head, (await run(["bash", "-c", `head -c 4096 '${file}' | sha256sum`])).stdout);
        }
        assert.deepEqual(library.reads(), []);
      });
    }));

  test("a file that changed is never mixed with what is cached of it", (t) =>
    withCachedLibrary(t, { driver, tracks: 1, trackBytes: 4 * MIB }, async (library) => {
      await library.mounted(async () => {
        const before = library.contentOf(1);
        const handle = await open(library.shown(1));
        await handle.read(Buffer.alloc(MIB), 0, MIB, 0);
        const after = Buffer.concat([before.subarray(0, 2 * MIB), Buffer.alloc(2 * MIB + 500, 7)]);
        writeFileSync(library.pathInOrigin(1), after);
        // What is cached of the old version, or an error; never bytes of the new one.
        for (let at = 0; at < before.length; at += 256 * 1024) {
          const result = await handle
            .read(Buffer.alloc(256 * 1024), 0, 256 * 1024, at)
            .catch(() => undefined);
          if (result)
            assert.ok(
              result.buffer.subarray(0, result.bytesRead).equals(before.subarray(at, at + result.bytesRead)),
            );
        }
        await handle.close();
        await until("the new version is shown", async () => {
          const now = await readFile(library.shown(1)).catch(() => undefined);
          return now?.equals(after);
        });
      });
    }));
});

describe("a start after a crash", () => {
  test("in the middle of fetching serves the right bytes, and verifies clean", (t) =>
    withCachedLibrary(t, { driver, tracks: 6, trackBytes: 3 * MIB }, async (library) => {
      for (let round = 0; round < 3; round += 1) {
        const daemon = await library.instance.start();
        await daemon.scanned();
        const readers = [1, 2, 3, 4, 5, 6].map((track) =>
          run(["bash", "-c", `cat '${library.shown(track)}' > /dev/null`]),
        );
        await new Promise((resolve) => setTimeout(resolve, 100 + 700 * round));
        await daemon.kill();
        await Promise.all(readers);
      }
      await library.mounted(async ({ instance }) => {
        const { stdout } = await instance.cli(["cache", "verify", "--json"]);
        assert.equal(JSON.parse(stdout).corrupt, 0, stdout);
        for (const track of [1, 2, 3, 4, 5, 6]) {
          assert.ok(
            (await readFile(library.shown(track))).equals(library.contentOf(track)),
            `track ${track}`,
          );
        }
      });
    }));

  test("sweeps what the index does not name, follows no link, and drops what is torn", (t) =>
    withCachedLibrary(t, { driver, tracks: 2, trackBytes: MIB }, async (library) => {
      await library.mounted(async () => {
        for (const track of [1, 2]) await readFile(library.shown(track));
      });
      const blobs = join(library.store, "blobs");
      const [torn = ""] = await filesBelow(blobs);
      await run(["truncate", "-s", "1000", torn]);
      mkdirSync(join(blobs, "ff"), { recursive: true });
      writeFileSync(join(blobs, "ff", "255"), "left behind");
      writeFileSync(join(blobs, "stranger"), "foreign");
      await symlink(library.folder, join(blobs, "link"));
      await library.mounted(async () => {
        await until("it is swept", async () => {
          const left = [...(await readdir(blobs)), ...(await readdir(join(blobs, "ff")))];
          return !left.some((name) => ["255", "stranger", "link"].includes(name));
        });
        for (const track of [1, 2])
          assert.ok((await readFile(library.shown(track))).equals(library.contentOf(track)));
      });
      assert.equal((await readdir(join(library.folder, "Noise"))).length, 2);
    }));
});
