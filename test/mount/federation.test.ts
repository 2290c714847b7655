import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { describe, test } from "node:test";
import { writeFlac } from "../support/audio-writer.js";
import { withMount } from "../support/mount.js";
import { run, until } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { filesBelow } from "../support/tree-files.js";
import { type TwoOrigins, withTwoOrigins } from "./fixtures/two-origins.js";

const KIB = 1024;

interface Source {
  originId: string;
  read: boolean;
  shown: boolean;
  proof: string;
  state: string;
}

async function sourcesOf({ json, shown }: TwoOrigins, track: number): Promise<Source[]> {
  return (await json("origin", "which", shown(track))).sources;
}

function proven(both: TwoOrigins, track: number): Promise<Source[]> {
  return until(`the sources of ${track} are compared`, async () => {
    const sources = await sourcesOf(both, track);
    return sources.every(({ proof }) => proof === "equal") ? sources : undefined;
  });
}

describe("several origins in one tree", () => {
  test("the same album at two origins is one, read from the preferred one, and found once", (t) =>
    withTwoOrigins(t, { tracks: 3, trackBytes: 300 * KIB }, async (both) => {
      const { mountpoint, status, json, a, b, shown, contentOf } = both;
      assert.equal(status.tracks, 3);
      assert.deepEqual((await readdir(join(mountpoint, "Noise", "Noise"))).length, 3);
      const { origins } = await json("origin", "list");
      assert.deepEqual(
        origins.map(({ id, files, sharedFiles }: Record<string, unknown>) => [id, files, sharedFiles]),
        [
          ["b", 3, 3],
          ["a", 3, 3],
        ],
      );
      const [first, second] = await proven(both, 2);
      assert.deepEqual([first?.originId, first?.read, first?.shown], ["a", true, true]);
      assert.deepEqual([second?.originId, second?.read, second?.shown], ["b", false, false]);
      for (const each of [1, 2, 3]) await proven(both, each);
      a.forget();
      b.forget();
      assert.ok((await readFile(shown(2))).equals(contentOf(2)));
      assert.ok(a.reads().length > 0);
      assert.deepEqual(b.reads(), []);
      const found = await until("it is found", async () => {
        const { stdout } = await both.instance.cli(["search", 'title:"track 2"', "--json"]);
        const paths = stdout.split("\n").filter((line) => line.includes("Track 2.flac"));
        return paths.length > 0 ? paths : undefined;
      });
      assert.equal(found.length, 1, found.join("\n"));
    }));

  test("an entry keeps its inode and its name when its preferred source goes, and when it comes back", (t) =>
    withTwoOrigins(t, { tracks: 2, trackBytes: 100 * KIB }, async (both) => {
      const { a, instance, shown, contentOf, mountpoint } = both;
      const { ino } = await stat(shown(1));
      assert.ok((await readFile(shown(1))).equals(contentOf(1)));
      rmSync(join(a.folder, "Noise", "1.flac"));
      await instance.cli(["rescan"]);
      const [only, ...others] = await sourcesOf(both, 1);
      assert.deepEqual([only?.originId, only?.read, others.length], ["b", true, 0]);
      assert.equal((await stat(shown(1))).ino, ino);
      assert.ok((await readFile(shown(1))).equals(contentOf(1)));
      assert.equal((await instance.status()).tracks, 2);

      writeFileSync(join(a.folder, "Noise", "1.flac"), contentOf(1));
      await instance.cli(["rescan"]);
      const sources = await sourcesOf(both, 1);
      assert.deepEqual(
        sources.map(({ originId, shown: isShown }) => [originId, isShown]),
        [
          ["a", true],
          ["b", false],
        ],
      );
      assert.equal((await stat(shown(1))).ino, ino);
      assert.equal((await filesBelow(mountpoint)).length, 2);
    }));

  test("a track that is retagged at one origin is another one, until the other has it, too", (t) =>
    withTwoOrigins(t, { tracks: 2, trackBytes: 100 * KIB }, async (both) => {
      const { a, b, instance, mountpoint, shown } = both;
      const { ino } = await stat(shown(1));
      const tags = { title: "Other", artists: ["Noise"], album: "Noise", trackNumber: 1 };
      const changed = Buffer.concat([writeFlac(tags), Buffer.alloc(50_000, 7)]);
      writeFileSync(join(a.folder, "Noise", "1.flac"), changed);
      await instance.cli(["rescan"]);
      const album = join(mountpoint, "Noise", "Noise");
      assert.deepEqual((await readdir(album)).sort(), [
        "01 - Other.flac",
        "01 - Track 1.flac",
        "02 - Track 2.flac",
      ]);
      assert.equal(
        (await stat(join(album, "01 - Other.flac"))).ino,
        ino,
        "the preferred one keeps the entry",
      );
      assert.ok((await readFile(join(album, "01 - Other.flac"))).equals(changed));

      writeFileSync(join(b.folder, "Copy of Noise", "1.flac"), changed);
      await instance.cli(["rescan"]);
      assert.deepEqual((await readdir(album)).sort(), ["01 - Other.flac", "02 - Track 2.flac"]);
      assert.equal((await instance.status()).tracks, 2);
    }));

  test("files of one origin that are alike stay entries of their own", (t) =>
    withTwoOrigins(
      t,
      {
        tracks: 1,
        trackBytes: 100 * KIB,
        prepare: (a) => cpSync(join(a, "Noise", "1.flac"), join(a, "Noise", "again.flac")),
      },
      async ({ mountpoint, status }) => {
        assert.equal(status.tracks, 2);
        assert.equal((await readdir(join(mountpoint, "Noise", "Noise"))).length, 2);
      },
    ));

  test("what only looks the same is proven to differ, and never read in place of the other", (t) =>
    withTwoOrigins(
      t,
      {
        tracks: 1,
        trackBytes: 6 * 1024 * KIB,
        prepare: (_, b) => {
          const path = join(b, "Copy of Noise", "1.flac");
          const content = readFileSync(path);
          // The head is that of the other, and so are the tags and the size.
          content.fill(0, 100 * KIB);
          writeFileSync(path, content);
        },
      },
      async (both) => {
        const { a, b, shown, contentOf } = both;
        await until("they are compared", async () =>
          (await sourcesOf(both, 1)).some(({ proof }) => proof === "different"),
        );
        a.setMode("gone");
        b.forget();
        await assert.rejects(readFile(shown(1)), /EIO/, "it was read from somewhere");
        assert.deepEqual(b.reads(), [], "bytes of another version were asked for");
        a.setMode("ok");
        await until("the right ones come", () =>
          readFile(shown(1)).then(
            (bytes) => bytes.equals(contentOf(1)),
            () => false,
          ),
        );
      },
    ));

  test("another priority holds after a reload, without a remount", (t) =>
    withTwoOrigins(t, { tracks: 2, trackBytes: 100 * KIB }, async (both) => {
      const { ino } = await stat(both.shown(1));
      const { applied, needsRestart } = JSON.parse(await both.reload({ b: { priority: 9, concurrency: 3 } }));
      assert.deepEqual(applied.map(({ key }: { key: string }) => key).sort(), [
        "plugins (origin-steered:b).concurrency",
        "plugins (origin-steered:b).priority",
      ]);
      assert.deepEqual(needsRestart, []);
      await until("the other one is shown", async () => {
        const [first] = await sourcesOf(both, 1);
        return first?.originId === "b" && first.shown;
      });
      assert.equal((await stat(both.shown(1))).ino, ino);
      assert.ok((await readFile(both.shown(1))).equals(both.contentOf(1)));
    }));

  test("an origin that is switched off keeps its files, and comes back with them", (t) =>
    withTwoOrigins(t, { tracks: 3, trackBytes: 20 * KIB }, async (both) => {
      const { instance, daemon, mountpoint, contentOf, shown, reload } = both;
      const before = await filesBelow(mountpoint);
      const { ino } = await stat(shown(1));
      await reload({ a: { enabled: false } });
      await daemon.stop();
      const second = await instance.start();
      await second.scanned();
      assert.deepEqual(await filesBelow(mountpoint), before);
      assert.equal((await stat(shown(1))).ino, ino);
      assert.ok((await readFile(shown(1))).equals(contentOf(1)));
    }));

  test("an origin of which nothing is to be kept is read anew each time, and takes no room in the cache", (t) =>
    withTwoOrigins(
      t,
      { tracks: 1, trackBytes: 3 * 1024 * KIB, a: { keep: false }, b: { enabled: false } },
      async ({ a, shown, contentOf, json, instance }) => {
        for (let time = 0; time < 2; time += 1) {
          a.forget();
          const direct = await run([
            "bash",
            "-c",
            `dd if='${shown(1)}' iflag=direct bs=128k status=none | sha256sum`,
          ]);
          assert.equal(direct.stdout.split(" ")[0], createHash("sha256").update(contentOf(1)).digest("hex"));
          const bytes = a.reads().reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
          assert.ok(bytes >= contentOf(1).length, `${bytes} bytes were asked for`);
        }
        assert.equal((await json("cache", "stats")).storedBytes, 0);
        assert.equal((await instance.status()).tracks, 1);
      },
    ));

  test("musicfs origin test finds what an origin does not keep", (t) =>
    withTwoOrigins(t, { tracks: 2, trackBytes: 300 * KIB }, async ({ a, json, instance }) => {
      const { results } = await json("origin", "test", "a");
      assert.deepEqual(
        results.filter(({ outcome }: { outcome: string }) => outcome === "failed"),
        [],
      );
      assert.ok(results.length >= 9);
      a.setMode("refused");
      const { code, stdout, stderr } = await instance.cli(["origin", "test", "a"]);
      assert.notEqual(code, 0);
      assert.match(stdout, /failed .*it can be listed .*it is made to refuse/);
      assert.match(stderr, /^error MFS_ORIGIN_UNAVAILABLE: origin 'a' failed 1 of 1 checks/);
    }));

  test("two folders of this machine: when the disk of the preferred one goes, the other is opened", async (t) => {
    const [first, second] = [temporaryFolder(t), temporaryFolder(t)];
    for (const folder of [first, second]) {
      mkdirSync(join(folder, "music"));
      const tags = { title: "One", artists: ["A"], album: "B", trackNumber: 1 };
      writeFileSync(join(folder, "music", "one.flac"), writeFlac(tags));
    }
    const content = readFileSync(join(first, "music", "one.flac"));
    const plugins = [first, second].map(
      (folder) => `originLocal(${JSON.stringify({ path: join(folder, "music"), watch: false })})`,
    );
    await withMount({ driver: "mount-fuse", plugins }, async ({ mountpoint, status }) => {
      assert.equal(status.tracks, 1);
      const path = join(mountpoint, "A", "B", "01 - One.flac");
      const { ino } = statSync(path);
      assert.ok((await readFile(path)).equals(content));
      rmSync(join(first, "music"), { recursive: true });
      await until("the other one is opened", () =>
        readFile(path).then(
          (bytes) => bytes.equals(content),
          () => false,
        ),
      );
      assert.equal(statSync(path).ino, ino);
    });
  });
});
