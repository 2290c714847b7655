import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { run, until } from "../support/process.js";
import { filesBelow } from "../support/tree-files.js";
import { damage } from "./fixtures/damage.js";
import { readWhileFlapping } from "./fixtures/flapping.js";
import { readInSteps, STEP } from "./fixtures/read-in-steps.js";
import { type TwoOrigins, withTwoOrigins } from "./fixtures/two-origins.js";

const MIB = 1024 * 1024;
/** Without it the reader of what hangs waits for 25 s. */
const IMPATIENT = { a: { timeout: "4 s" }, b: { timeout: "4 s" } };
async function originOf({ json }: TwoOrigins, id: string) {
  const { origins } = await json("origin", "list");
  return origins.find((origin: { id: string }) => origin.id === id);
}

describe("failover", () => {
  for (const mode of ["gone", "hang", "refused"]) {
    test(`a read goes on at the same offset from the other origin when the preferred one is made to be ${mode}`, (t) =>
      withTwoOrigins(t, { tracks: 1, trackBytes: 24 * MIB }, async (both) => {
        const { a, b, shown, contentOf, proven, mountpoint } = both;
        await proven();
        a.forget();
        b.forget();
        const content = contentOf(1);
        const bytes = await readInSteps(shown(1), content.length, (offset) => {
          if (offset === 2 * MIB) a.setMode(mode);
        });
        assert.ok(bytes.equals(content), "wrong bytes");
        assert.ok(
          a.reads().some((read) => read.mode === "ok"),
          "it was not read before",
        );
        assert.ok(
          a.reads().some((read) => read.mode === mode),
          "the fault did not happen",
        );
        assert.ok(b.reads().length > 0, "the other one was not read");
        assert.ok((await originOf(both, "a")).failovers > 0);
        assert.equal((await readdir(join(mountpoint, "Noise", "Noise"))).length, 1);
      }));
  }

  test("two origins that fail in turns of 10 ms, 16 readers: no error, no wrong byte", (t) =>
    readWhileFlapping(t, 4_000));

  test("a file of the preferred origin vanishes under its reader: the handle reads on to its end", (t) =>
    withTwoOrigins(t, { tracks: 1, trackBytes: 24 * MIB }, async (both) => {
      const { a, instance, shown, contentOf, proven } = both;
      await proven();
      const content = contentOf(1);
      const handle = await open(shown(1));
      const begin = Buffer.alloc(STEP);
      await handle.read(begin, 0, STEP, MIB);
      await run(["rm", join(a.folder, "Noise", "1.flac")]);
      await instance.cli(["rescan"]);
      const rest = Buffer.alloc(4 * MIB);
      for (let done = 0; done < rest.length; ) {
        done += (await handle.read(rest, done, STEP, 16 * MIB + done)).bytesRead;
      }
      await handle.close();
      assert.ok(begin.equals(content.subarray(MIB, MIB + STEP)));
      assert.ok(rest.equals(content.subarray(16 * MIB, 20 * MIB)));
    }));

  test("an error is never a deletion, whatever an origin says instead of its listing", (t) =>
    withTwoOrigins(t, { tracks: 30, trackBytes: 20_000 }, async (both) => {
      const { a, b, instance, mountpoint } = both;
      // Of which one has more than the other.
      mkdirSync(join(a.folder, "Empty"));
      const before = await filesBelow(mountpoint);
      assert.equal(before.length, 30);
      for (const mode of ["gone", "refused", "empty"]) {
        a.setMode(mode);
        b.setMode(mode);
        await instance.cli(["rescan"]);
        assert.deepEqual(await filesBelow(mountpoint), before, mode);
        a.setMode("ok");
        b.setMode("ok");
        for (const id of ["a", "b"]) await instance.cli(["origin", "health", id]);
      }
      const held = (await originOf(both, "a")).held;
      assert.equal(held.files, 30, "the empty listing was not seen");
    }));

  test("100 readers of one cold range are one request, also when it has to go to the other origin", (t) =>
    withTwoOrigins(t, { tracks: 1, trackBytes: 16 * MIB }, async (both) => {
      const { a, b, shown, proven, contentOf } = both;
      await proven();
      const readAt = async (mib: number): Promise<string[]> => {
        const script = [
          "for i in $(seq 100); do",
          `dd if='${shown(1)}' iflag=direct bs=64k skip=${mib * 16} count=1 status=none | sha256sum &`,
          "done; wait",
        ].join("\n");
        const { stdout } = await run(["bash", "-c", script]);
        return stdout.trim().split("\n");
      };
      a.setMode("slow 500");
      a.forget();
      const first = await readAt(6);
      assert.deepEqual([first.length, new Set(first).size], [100, 1]);
      assert.equal(a.reads().length, 1, JSON.stringify(a.reads()));
      a.setMode("gone");
      b.setMode("slow 500");
      b.forget();
      const second = await readAt(11);
      assert.deepEqual([second.length, new Set(second).size], [100, 1]);
      assert.equal(b.reads().length, 1, JSON.stringify(b.reads()));
      assert.notEqual(first[0], second[0]);
      assert.equal(contentOf(1).length, 16 * MIB);
    }));

  test("wrong bytes of one origin are found by their hash, come from the other, and make it suspect", (t) =>
    withTwoOrigins(t, { tracks: 1, trackBytes: 3 * MIB }, async (both) => {
      const { a, b, shown, contentOf, instance, proven, json } = both;
      await proven();
      const content = contentOf(1);
      assert.ok((await readFile(shown(1))).equals(content));
      await until("it is cut", async () => (await json("cache", "stats")).uniqueChunks > 10);
      assert.ok((await damage(join(instance.folder, "cache", "musicfs", "default", "store"))) > 5);
      a.setMode("wrong");
      a.forget();
      b.forget();
      const again = await readFile(shown(1));
      const at = again.findIndex((byte, index) => byte !== content[index]);
      assert.equal(
        at,
        -1,
        `a wrong byte at ${at}: ${again[at]} instead of ${content[at]}; ${JSON.stringify([a.reads(), b.reads()])}`,
      );
      assert.ok(
        a.reads().some(({ mode }) => mode === "wrong"),
        "the fault did not happen",
      );
      assert.ok(b.reads().length > 0);
      assert.equal((await originOf(both, "a")).state, "degraded");
    }));

  for (const mode of ["gone", "hang"]) {
    test(`all origins are ${mode}: what is warm is served, what is cold is EIO in time, and the tree is there`, (t) =>
      withTwoOrigins(t, { tracks: 2, trackBytes: 8 * MIB, ...IMPATIENT }, async (both) => {
        const { a, b, shown, contentOf, proven, mountpoint } = both;
        await proven();
        assert.ok((await readFile(shown(1))).equals(contentOf(1)));
        a.setMode(mode);
        b.setMode(mode);
        a.forget();
        const cold = run(["dd", `if=${shown(2)}`, "iflag=direct", "bs=64k", "skip=64", "count=1"]);
        const beganMs = performance.now();
        const coldMs = cold.then(() => performance.now() - beganMs);
        await until("the cold one is asked for", () => a.reads().length > 0);
        // While that hangs.
        assert.equal((await filesBelow(mountpoint)).length, 2);
        assert.ok((await readFile(shown(1))).equals(contentOf(1)));
        const { code, stderr } = await cold;
        assert.notEqual(code, 0);
        assert.match(stderr, /Input\/output error/);
        // The promise to readers, and no figure.
        assert.ok((await coldMs) < 30_000, `${await coldMs} ms`);
        a.setMode("ok");
        b.setMode("ok");
        await until("it is read again", () =>
          readFile(shown(2)).then(
            (bytes) => bytes.equals(contentOf(2)),
            () => false,
          ),
        );
      }));
  }
});
