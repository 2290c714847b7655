import assert from "node:assert/strict";
import { closeSync, openSync, readdirSync, rmSync, statSync, writeFileSync, writeSync } from "node:fs";
import { join, relative } from "node:path";
import { test } from "node:test";
import { readAllChecked } from "../support/checked-reads.js";
import { type TestInstance, withInstance } from "../support/mount.js";
import { until } from "../support/process.js";
import { shownTracks, writeTracks } from "../support/store-library.js";
import { cacheStats, type StoreMount, settled, verifyCache, withStore } from "../support/store-mount.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { requireRight } from "./limits.js";

const TRACKS = 6;
const TRACK_BYTES = 700_000;
const ALL_BYTES = TRACKS * TRACK_BYTES;

interface Shelf extends StoreMount {
  readonly library: string;
  /** Paths of the tracks in the tree, with a leading slash. */
  readonly paths: readonly string[];
}

/** A mounted library of a few tracks in one album, nothing of which was read yet. */
async function withShelf(
  t: Parameters<typeof temporaryFolder>[0],
  use: (shelf: Shelf) => Promise<void>,
  policy?: string,
): Promise<void> {
  const library = temporaryFolder(t);
  writeTracks(library, TRACKS, TRACK_BYTES);
  await withStore({ library, ...(policy === undefined ? {} : { policy }) }, async (store) => {
    const daemon = await store.instance.start();
    await daemon.scanned();
    const tracks = await shownTracks(store.instance.mountpoint, library);
    const paths = tracks.map(({ shown }) => `/${relative(store.instance.mountpoint, shown)}`);
    await use({ ...store, library, paths });
  });
}

async function json(instance: TestInstance, ...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await instance.cli(["cache", ...args, "--json"]);
  assert.equal(stderr, "", stderr);
  assert.equal(code, 0);
  return JSON.parse(stdout) as Record<string, unknown>;
}

test("stats tells what was read, for programs and for people", async (t) => {
  await withShelf(t, async ({ instance, library }) => {
    requireRight(await readAllChecked(await shownTracks(instance.mountpoint, library)));
    const stats = await settled(instance, TRACKS);
    assert.equal(stats.state, "on");
    assert.equal(stats.logicalBytes, ALL_BYTES);
    assert.ok(stats.originBytes >= ALL_BYTES && stats.originBytes < ALL_BYTES * 1.05, `${stats.originBytes}`);
    const { code, stdout } = await instance.cli(["cache", "stats"]);
    assert.equal(code, 0);
    assert.match(stdout, /^state +on$/mu);
    assert.match(stdout, /^files +6 files, 6 whole, 0 pinned$/mu);
    assert.match(stdout, /^damaged +0 pieces/mu);
  });
});

test("du counts what is kept below each folder", async (t) => {
  await withShelf(t, async ({ instance, paths: [first = ""] }) => {
    await json(instance, "warm", first);
    const whole = (await json(instance, "du")) as { entries: { path: string; cachedBytes: number }[] };
    assert.deepEqual(
      whole.entries.map(({ path }) => path),
      ["/Store"],
    );
    assert.ok((whole.entries[0]?.cachedBytes ?? 0) >= TRACK_BYTES);
    const file = (await json(instance, "du", first)) as typeof whole;
    assert.deepEqual(
      file.entries.map(({ path, cachedBytes }) => [path, cachedBytes]),
      [[first, TRACK_BYTES]],
    );
    const deep = (await json(instance, "du", "--depth", "9")) as typeof whole;
    assert.ok(deep.entries.some(({ path }) => path === first));
    const { code, stderr } = await instance.cli(["cache", "du", "/Nobody"]);
    assert.equal(code, 1);
    assert.match(stderr, /MFS_NOT_FOUND.*nothing lies at '\/Nobody'/u);
  });
});

test("warm fetches files, folders and what a playlist names, each once", async (t) => {
  await withShelf(t, async ({ instance, paths: [first = "", second = "", ...rest] }) => {
    const one = await json(instance, "warm", join(instance.mountpoint, first));
    assert.deepEqual([one.files, one.bytes, one.failures], [1, TRACK_BYTES, []]);
    assert.equal((await json(instance, "warm", first)).fetchedBytes, 0);

    const list = join(instance.folder, "list.m3u8");
    writeFileSync(list, `#EXTM3U\n${second.slice(1)}\n${first}\n`);
    assert.equal((await json(instance, "warm", "--from", list)).files, 2);

    const { code, stdout, stderr } = await instance.cli(["cache", "warm", "/Nobody", rest[0] ?? ""]);
    assert.equal(code, 1);
    assert.match(stderr, /not kept: \/Nobody: nothing lies at '\/Nobody'/u);
    assert.match(stdout, /^1 file, /u);

    assert.equal((await json(instance, "warm", "/")).files, TRACKS);
    assert.equal((await cacheStats(instance)).wholeFiles, TRACKS);
    assert.equal((await instance.cli(["cache", "warm"])).code, 2);
  });
});

test("warm refuses what is bigger than the whole cache before it fetches anything", async (t) => {
  const policy = `cacheLru({ maxBytes: ${4 * TRACK_BYTES}, minFreeBytes: 0 })`;
  await withShelf(
    t,
    async ({ instance, paths: [first = ""] }) => {
      const before = await cacheStats(instance);
      const { code, stderr } = await instance.cli(["cache", "warm", "/"]);
      assert.equal(code, 1);
      assert.match(stderr, /not kept: \/: what lies at '\/' is bigger than the whole cache/u);
      assert.equal((await cacheStats(instance)).originBytes, before.originBytes);
      assert.equal((await json(instance, "warm", first)).files, 1);
    },
    policy,
  );
});

test("what is pinned stays when the cache is cleared, also over a restart", async (t) => {
  await withShelf(t, async ({ instance, paths: [first = "", second = ""] }) => {
    assert.deepEqual(await json(instance, "pin", first), {
      files: 1,
      changedFiles: 1,
      totalBytes: TRACK_BYTES,
    });
    assert.equal((await json(instance, "pin", first)).changedFiles, 0);
    await json(instance, "warm", first, second);
    const { pins } = (await json(instance, "pin")) as { pins: { path: string }[] };
    assert.deepEqual(
      pins.map(({ path }) => path),
      [first],
    );
    await json(instance, "clear");
    const kept = (await json(instance, "du", "--depth", "9")) as { entries: { path: string }[] };
    assert.deepEqual(
      kept.entries.map(({ path }) => path),
      [first],
    );

    assert.equal((await json(instance, "unpin", "/", "--dry-run")).changedFiles, 1);
    assert.equal((await json(instance, "unpin", "/")).changedFiles, 1);
    await json(instance, "clear");
    assert.equal((await cacheStats(instance)).files, 0);
  });
});

test("clear tells with --dry-run what would go, and empties the cache of one origin or of all", async (t) => {
  await withShelf(t, async ({ instance, paths: [first = ""], library }) => {
    await json(instance, "warm", "/");
    const would = await json(instance, "clear", "--dry-run");
    assert.equal(would.files, TRACKS);
    assert.equal((await cacheStats(instance)).wholeFiles, TRACKS);
    const { code, stderr } = await instance.cli(["cache", "clear", "--origin", "nobody"]);
    assert.equal(code, 1);
    assert.match(stderr, /no origin has the id 'nobody'/u);
    const { origins } = (await json(instance, "stats")) as { origins: { originId: string }[] };
    assert.equal((await json(instance, "clear", "--origin", origins[0]?.originId ?? "")).files, TRACKS);
    assert.equal((await cacheStats(instance)).storedBytes, 0);
    requireRight(await readAllChecked(await shownTracks(instance.mountpoint, library)));
    assert.equal((await json(instance, "warm", first)).fetchedBytes, 0);
  });
});

test("verify finds what is damaged and fetches it again with --repair", async (t) => {
  await withShelf(t, async ({ instance, cacheDir, library }) => {
    await json(instance, "warm", "/");
    await settled(instance, TRACKS);
    assert.equal((await verifyCache(instance)).corrupt, 0);
    damageOne(cacheDir);
    const { code, stdout } = await instance.cli(["cache", "verify"]);
    assert.equal(code, 1);
    assert.match(stdout, /^damaged: .*T0000\d\.flac$/mu);
    assert.match(stdout, /1 piece damaged, dropped/u);
    assert.equal((await verifyCache(instance)).corrupt, 0);

    await json(instance, "warm", "/");
    damageOne(cacheDir);
    const mended = await verifyCache(instance, true);
    assert.deepEqual([mended.corrupt, mended.repaired], [1, 1]);
    assert.equal((await cacheStats(instance)).wholeFiles, TRACKS);
    requireRight(await readAllChecked(await shownTracks(instance.mountpoint, library)));
  });
});

test("gc removes what the library no longer has", async (t) => {
  await withShelf(t, async ({ instance, library, paths: [first = ""] }) => {
    await json(instance, "warm", first, "/");
    assert.equal((await json(instance, "gc")).files, 0);
    await instance.endDaemons();
    rmSync(join(library, "T00002.flac"));
    await (await instance.start()).scanned();
    const would = await until("the file is gone from the tree", async () => {
      const found = await json(instance, "gc", "--dry-run");
      return found.files === 1 ? found : undefined;
    });
    assert.ok((would.bytes as number) >= TRACK_BYTES - 65_536);
    assert.equal((await json(instance, "gc")).files, 1);
    assert.equal((await cacheStats(instance)).files, TRACKS - 1);
  });
});

test("an instance without a cached origin, and none at all, say so", async (t) => {
  const library = temporaryFolder(t);
  writeTracks(library, 1, 100_000);
  await withInstance({ driver: "mount-fuse", library }, async (instance) => {
    for (const command of ["stats", "du", "clear", "gc", "verify", "pin"]) {
      assert.equal((await instance.cli(["cache", command])).code, 4, command);
    }
    const daemon = await instance.start();
    for (const command of [["stats"], ["du"], ["clear"], ["gc"], ["verify"], ["pin"], ["warm", "/"]]) {
      const { code, stderr } = await instance.cli(["cache", ...command]);
      assert.equal(code, 1, command.join(" "));
      assert.match(stderr, /MFS_STORE_UNUSED/u);
    }
    await daemon.stop();
  });
});

/** Damages one byte in the middle of the first whole blob. */
function damageOne(cacheDir: string): void {
  const path = readdirSync(cacheDir, { recursive: true, encoding: "utf8" })
    .map((name) => join(cacheDir, name))
    .find((name) => statSync(name).isFile() && statSync(name).size === TRACK_BYTES);
  assert.ok(path, "there is no blob");
  const fd = openSync(path, "r+");
  writeSync(fd, Buffer.from("damage"), 0, 6, TRACK_BYTES / 2);
  closeSync(fd);
}
