import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { type AudioTags, writeAudio, writeFlac } from "../support/audio-writer.js";
import { type TestMount, withMount } from "../support/mount.js";
import { DRIVERS, type TestConfig } from "../support/mount-config.js";
import { run, until } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { filesBelow } from "../support/tree-files.js";

const DEADLINE_MS = 60_000;
const VIEWS = `{ "/": layoutArtistAlbum(), "/Folders": layoutOrigin() }`;
const TAGS: AudioTags = { title: "Song", artists: ["Band"], album: "Old", trackNumber: 1 };

interface Followed extends TestMount {
  /** Writes a file of the origin. */
  write(path: string, tags: AudioTags): void;
  readonly library: string;
  /** A path in the mount. */
  shown(path: string): string;
}

function withFollowed(
  t: { after(fn: () => void): void },
  config: Omit<TestConfig, "library">,
  use: (followed: Followed) => Promise<void>,
): Promise<void> {
  const library = temporaryFolder(t);
  const write = (path: string, tags: AudioTags): void => {
    mkdirSync(dirname(join(library, path)), { recursive: true });
    writeFileSync(join(library, path), writeFlac(tags));
  };
  write("first/song.flac", TAGS);
  return withMount({ ...config, library }, (mount) =>
    use({ ...mount, library, write, shown: (path) => join(mount.mountpoint, path) }),
  );
}

const appears = (path: string): Promise<unknown> =>
  until(`${path} is there`, () => existsSync(path), DEADLINE_MS);
const vanishes = (path: string): Promise<unknown> =>
  until(`${path} is gone`, () => !existsSync(path), DEADLINE_MS);

for (const driver of DRIVERS) {
  test(`${driver}: what changes in the origin changes in the mount, without a remount`, (t) =>
    withFollowed(t, { driver, views: VIEWS }, async ({ library, write, shown }) => {
      const before = statSync(shown("Band/Old/01 - Song.flac")).ino;
      assert.ok(!existsSync(shown("Band/New/02 - Other.flac")), "the kernel knows that it is not there");
      write("second/other.flac", { ...TAGS, title: "Other", album: "New", trackNumber: 2 });
      await appears(shown("Band/New/02 - Other.flac"));

      renameSync(join(library, "first"), join(library, "moved"));
      await appears(shown("Folders/moved/song.flac"));
      assert.equal(statSync(shown("Band/Old/01 - Song.flac")).ino, before, "a moved file is the same");

      write("moved/song.flac", { ...TAGS, album: "Later" });
      await appears(shown("Band/Later/01 - Song.flac"));
      const { ino } = statSync(shown("Band/Later/01 - Song.flac"));
      assert.equal(ino % 2 ** 37, before % 2 ** 37, "a retagged file is the same, with another content");
      await vanishes(shown("Band/Old"));
      const now = readFileSync(join(library, "moved/song.flac"));
      assert.ok(readFileSync(shown("Band/Later/01 - Song.flac")).equals(now));

      rmSync(join(library, "second"), { recursive: true });
      await vanishes(shown("Band/New"));
    }));
}

test("a file keeps its inode in every view when it is moved", (t) =>
  withFollowed(t, { driver: "mount-fuse", views: VIEWS }, async ({ library, shown }) => {
    const before = statSync(shown("Band/Old/01 - Song.flac")).ino;
    assert.equal(statSync(shown("Folders/first/song.flac")).ino, before);
    mkdirSync(join(library, "deep/down"), { recursive: true });
    renameSync(join(library, "first/song.flac"), join(library, "deep/down/tune.flac"));
    await appears(shown("Folders/deep/down/tune.flac"));
    await vanishes(shown("Folders/first"));
    assert.equal(statSync(shown("Folders/deep/down/tune.flac")).ino, before);
    assert.equal(statSync(shown("Band/Old/01 - Song.flac")).ino, before);
  }));

test("where nothing is watched, a rescan and a SIGHUP look again", (t) =>
  withFollowed(
    t,
    { driver: "mount-fuse", originOptions: { watch: false, pollInterval: 0 } },
    async ({ instance, daemon, library, write, shown }) => {
      const [origin] = (await instance.status()).origins;
      assert.equal(origin?.changes, "rescan");
      write("second/other.flac", { ...TAGS, album: "New" });
      const rescan = await instance.cli(["rescan", "--json"]);
      assert.equal(rescan.code, 0, rescan.stderr);
      const { origins } = JSON.parse(rescan.stdout);
      assert.deepEqual([origins[0].files, origins[0].added, origins[0].removed], [2, 1, 0]);
      assert.ok(existsSync(shown("Band/New/01 - Song.flac")), "it is there when the command ends");

      rmSync(join(library, "second"), { recursive: true });
      process.kill(daemon.pid, "SIGHUP");
      await vanishes(shown("Band/New"));

      write("third/a.flac", { ...TAGS, album: "Third" });
      write("fourth/a.flac", { ...TAGS, album: "Fourth" });
      const part = await instance.cli(["rescan", library, "third"]);
      assert.match(part.stdout, /1 file in .*: 1 new, 0 different, 0 gone/);
      assert.ok(existsSync(shown("Band/Third")) && !existsSync(shown("Band/Fourth")));
      const wrong = await instance.cli(["rescan", "nowhere"]);
      assert.match(wrong.stderr, /MFS_NOT_FOUND/);
    },
  ));

test("where watching is impossible the origin is polled", (t) =>
  withFollowed(
    t,
    { driver: "mount-fuse", originOptions: { watch: false, pollInterval: "1 s" } },
    async ({ instance, write, shown }) => {
      write("second/other.flac", { ...TAGS, album: "New" });
      await appears(shown("Band/New/01 - Song.flac"));
      assert.equal((await instance.status()).origins[0]?.changes, "poll");
    },
  ));

test("a disk that is unmounted under a live daemon takes nothing with it, and is followed again", {
  skip: process.getuid?.() !== 0 && "only root mounts",
}, async (t) => {
  const library = temporaryFolder(t);
  const image = join(temporaryFolder(t), "disk");
  for (const command of [
    ["truncate", "-s", "16M", image],
    ["mkfs.ext4", "-q", image],
    ["mount", "-o", "loop", image, library],
  ]) {
    const { code, stderr } = await run(command);
    assert.equal(code, 0, stderr);
  }
  for (let index = 0; index < 30; index += 1) {
    const song = writeAudio("mp3", { title: `${index}`, artists: ["Band"], album: "X" });
    writeFileSync(join(library, `${index}.mp3`), song);
  }
  const followed = withMount({ driver: "mount-fuse", library }, async ({ instance, mountpoint }) => {
    const before = await filesBelow(mountpoint);
    assert.equal(before.length, 30);
    const unmounted = await until(
      "the disk is unmounted",
      async () => (await run(["umount", library])).code === 0,
      DEADLINE_MS,
    );
    assert.ok(unmounted);
    const held = await until(
      "the removal is held",
      async () => (await instance.status()).origins[0]?.held,
      DEADLINE_MS,
    );
    assert.deepEqual([held.files, held.ofFiles], [30, 30]);
    assert.deepEqual(await filesBelow(mountpoint), before);

    await run(["mount", "-o", "loop", image, library]);
    const { code } = await instance.cli(["rescan"]);
    assert.equal(code, 0);
    const [origin] = (await instance.status()).origins;
    assert.equal(origin?.held, undefined);
    assert.deepEqual(await filesBelow(mountpoint), before);
  });
  await followed.finally(() => run(["umount", "-l", library]));
});

test("many files that vanish at once are held until somebody confirms it", (t) =>
  withFollowed(t, { driver: "mount-fuse" }, async ({ instance, library, mountpoint }) => {
    mkdirSync(join(library, "many"));
    for (let index = 0; index < 60; index += 1) {
      const song = writeAudio("mp3", { title: `${index}`, artists: ["Ann"], album: "X" });
      writeFileSync(join(library, "many", `${index}.mp3`), song);
    }
    const isComplete = async (): Promise<boolean> => (await instance.status()).tracks === 61;
    await until("all are there", isComplete, DEADLINE_MS);
    rmSync(join(library, "many"), { recursive: true });
    const isHeld = async () => (await instance.status()).origins[0]?.held?.files === 60;
    await until("the removal is held", isHeld, DEADLINE_MS);
    assert.ok(await isComplete());
    const { stdout } = await instance.cli(["origin", "confirm", library]);
    assert.match(stdout, /removed 60 files/);
    assert.equal((await filesBelow(mountpoint)).length, 1);
  }));
