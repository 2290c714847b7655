import assert from "node:assert/strict";
import { rmSync, utimesSync, writeFileSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeMp3 } from "../support/audio-writer.js";
import { type InstanceOptions, type TestInstance, withInstance, withMount } from "../support/mount.js";
import { DRIVERS, type DriverName } from "../support/mount-config.js";
import { until } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";

interface Listed {
  readonly name: string;
  readonly path: string;
  readonly kind: string;
  readonly query?: string;
  readonly saved: boolean;
  readonly tracks: number;
}

const IMPORTS = [`import { mostPlayed, query, recentlyAdded, recentlyPlayed } from "musicfs";`];
const COLLECTIONS = `collections: {
  "Recently Added": recentlyAdded({ days: 30, limit: 3 }),
  "The 80s": query("year:[1980 TO 1989]"),
  "Most Played": mostPlayed(),
  "Recently Played": recentlyPlayed(),
},`;

function addSong(library: string, file: string, title: string, year: number): void {
  const tags = { title, artists: ["Nora Vale"], album: "Album", year };
  writeFileSync(join(library, file), writeMp3(tags, { durationMs: 100 }));
}

function makeLibrary(t: { after(fn: () => void): void }): string {
  const library = temporaryFolder(t);
  for (const [index, year] of [1979, 1980, 1984, 1989, 1990].entries()) {
    addSong(library, `${index}.mp3`, `Of ${year}`, year);
    utimesSync(join(library, `${index}.mp3`), 1e9, 1e9);
  }
  return library;
}

function configured(driver: DriverName, library: string): InstanceOptions {
  return { driver, library, imports: IMPORTS, lines: [COLLECTIONS] };
}

/** Titles in a collection's folder, in their order. */
async function titles({ mountpoint }: { readonly mountpoint: string }, name: string): Promise<string[]> {
  const names = await readdir(join(mountpoint, "Collections", name));
  return names.sort().map((each) => each.replace(/^\d{3} Nora Vale - (.*)\.mp3$/, "$1"));
}

async function untilTitles(instance: TestInstance, name: string, expected: readonly string[]): Promise<void> {
  let last: readonly string[] = [];
  await until(`'${name}' holds ${expected}`, async () => {
    last = await titles(instance, name);
    return JSON.stringify([...last].sort()) === JSON.stringify([...expected].sort());
  }).catch((error) => assert.deepEqual(last, expected, String(error)));
}

async function listed(instance: TestInstance): Promise<Listed[]> {
  const { code, stdout, stderr } = await instance.cli(["collection", "list", "--json"]);
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout).collections;
}

for (const driver of DRIVERS) {
  test(`${driver}: collections are folders of the tracks themselves, and follow the library`, async (t) => {
    const library = makeLibrary(t);
    await withInstance(configured(driver, library), async (instance) => {
      const daemon = await instance.start();
      await daemon.scanned();
      await untilTitles(instance, "The 80s", ["Of 1980", "Of 1984", "Of 1989"]);
      await until("the newest", async () => (await titles(instance, "Recently Added")).length === 3);
      assert.deepEqual(await titles(instance, "Most Played"), []);
      const [first = ""] = (await readdir(join(instance.mountpoint, "Collections", "The 80s"))).sort();
      const shown = await stat(join(instance.mountpoint, "Collections", "The 80s", first));
      const own = join(instance.mountpoint, "Nora Vale");
      const inodes = await Promise.all(
        (await readdir(own, { recursive: true })).map(async (path) => (await stat(join(own, path))).ino),
      );
      assert.ok(inodes.includes(shown.ino), "a track is one file under all its names");
      assert.equal((await daemon.stop()).code, 0);

      addSong(library, "5.mp3", "Of 1986", 1986);
      rmSync(join(library, "2.mp3"));
      const again = await instance.start();
      await again.scanned();
      await untilTitles(instance, "The 80s", ["Of 1980", "Of 1986", "Of 1989"]);
      await until(
        "the new one is first",
        async () => (await titles(instance, "Recently Added"))[0] === "Of 1986",
      );
      assert.equal((await again.stop()).code, 0);
    });
  });
}

test("a search is saved, shown at once, kept over a restart, and forgotten", async (t) => {
  const library = makeLibrary(t);
  await withInstance(configured("mount-fuse", library), async (instance) => {
    const daemon = await instance.start();
    await daemon.scanned();
    await until("the index is whole", async () =>
      (await listed(instance)).find(({ tracks }) => tracks === 3),
    );
    const added = await instance.cli(["collection", "add", "Ende der 80er", "year:>=1985 year:<=1989"]);
    assert.equal(added.code, 0, added.stderr);
    assert.match(added.stdout, /1 track in \/Collections\/Ende der 80er/);
    assert.deepEqual(await titles(instance, "Ende der 80er"), ["Of 1989"]);
    assert.equal((await daemon.stop()).code, 0);

    const again = await instance.start();
    assert.deepEqual(await titles(instance, "Ende der 80er"), ["Of 1989"], "before any scan");
    const saved = (await listed(instance)).filter((each) => each.saved);
    assert.deepEqual(saved, [
      {
        name: "Ende der 80er",
        path: "/Collections/Ende der 80er",
        kind: "query",
        query: "year:>=1985 year:<=1989",
        saved: true,
        tracks: 1,
      },
    ]);
    const removed = await instance.cli(["collection", "remove", "Ende der 80er", "--json"]);
    assert.equal(JSON.parse(removed.stdout).collection.name, "Ende der 80er");
    assert.ok(!(await readdir(join(instance.mountpoint, "Collections"))).includes("Ende der 80er"));
    assert.equal((await again.stop()).code, 0);
  });
});

test("what cannot be a collection is refused with a reason, and changes nothing", async (t) => {
  await withMount(configured("mount-fuse", makeLibrary(t)), async ({ instance, mountpoint }) => {
    const before = await listed(instance);
    const refusals: readonly (readonly [args: string[], code: number, error: RegExp])[] = [
      [["add", "a/b", "x"], 2, /MFS_COLLECTION_NAME/],
      [["add", "..", "x"], 2, /MFS_COLLECTION_NAME/],
      [["add", ".hidden", "x"], 2, /MFS_COLLECTION_NAME/],
      [["add", "x".repeat(201), "x"], 2, /MFS_COLLECTION_NAME/],
      [["add", "the 80S", "x"], 1, /MFS_COLLECTION_EXISTS.*/s],
      [["add", "New", "artist:(x"], 2, /MFS_QUERY_INVALID/],
      [["remove", "Nobody's"], 1, /MFS_NOT_FOUND/],
      [["remove", "The 80s"], 1, /stands in the config/],
    ];
    for (const [args, code, error] of refusals) {
      const ran = await instance.cli(["collection", ...args]);
      assert.equal(ran.code, code, `${args}: ${ran.stderr}`);
      assert.match(ran.stderr, error);
    }
    assert.deepEqual(
      (await listed(instance)).map(({ name }) => name),
      before.map(({ name }) => name),
    );
    assert.equal((await instance.cli(["collection", "add", "New", "vale"])).code, 0);
    assert.equal((await instance.cli(["collection", "add", "new", "vale year:1984"])).code, 1);
    assert.equal((await instance.cli(["collection", "add", "new", "vale year:1984", "--replace"])).code, 0);
    assert.ok((await readdir(join(mountpoint, "Collections"))).includes("new"));
  });
});

test("without a collection there is no folder for them", async (t) => {
  await withMount({ driver: "mount-fuse", library: makeLibrary(t) }, async ({ instance, mountpoint }) => {
    assert.deepEqual(await readdir(mountpoint), ["Nora Vale"]);
    assert.match((await instance.cli(["collection", "list"])).stderr, /no collections/);
    assert.equal((await instance.cli(["collection", "add", "All", "vale"])).code, 0);
    assert.deepEqual((await readdir(mountpoint)).sort(), ["Collections", "Nora Vale"]);
    assert.equal((await instance.cli(["collection", "remove", "All"])).code, 0);
    assert.deepEqual(await readdir(mountpoint), ["Nora Vale"]);
  });
});
