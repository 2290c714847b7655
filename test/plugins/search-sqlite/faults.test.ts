import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { searchSqlite } from "musicfs/plugins";
import { hostileQueries, SearchLibrary, setUpPlugin } from "musicfs/testing";
import { parseQuery } from "../../../core/search/query.js";
import { damage, fillDisk, mountSmallDisk, numberedTracks } from "../../support/search-faults.js";

const TRACKS = 300;
const noAbort = new AbortController().signal;

test("an index whose file is no database is made anew", async (t) => {
  const library = await builtLibrary(t);
  writeFileSync(databaseOf(library), "nonsense ".repeat(10_000));
  await sameAgain(library, /damaged/);
});

test("an index with other bytes than were written is made anew", async (t) => {
  const library = await builtLibrary(t);
  damage(databaseOf(library), 499);
  await sameAgain(library, /damaged/);
});

test("an index of another version is made anew", async (t) => {
  const library = await builtLibrary(t);
  rmSync(databaseOf(library));
  writeFileSync(join(library.folder, "0123456789abcdef.sqlite"), "");
  await sameAgain(library, /another version/);
});

test("a full disk keeps what is found, says so, and what is missing follows when there is room", async (t) => {
  const library = await newLibrary(t);
  const unmount = mountSmallDisk(library.folder, 24 * 1024 * 1024);
  try {
    library.add(numberedTracks(TRACKS));
    await library.open();
    await library.counts(TRACKS);
    const ballast = join(library.folder, "ballast");
    fillDisk(ballast);
    library.add(numberedTracks(20_000, 10_000));
    for (let tries = 0; library.index.progress.reason === undefined; tries++) {
      assert.ok(tries < 1000, "it says what is wrong");
      await delay(30);
    }
    rmSync(ballast, { force: true });
    await library.finds("number7", ["common number7 odd"]);
    await library.finds("number10007", ["common number10007 odd"]);
    await library.counts(TRACKS + 20_000);
  } finally {
    await library.index.close();
    unmount();
  }
});

test("a thousand hostile queries harm nothing", async (t) => {
  const library = await builtLibrary(t);
  await library.open();
  for (const text of hostileQueries(1000)) {
    const { hits } = await library.index.search(parseQuery(text, { lenient: true }), 20, noAbort);
    assert.ok(hits.length <= 20);
  }
  await library.finds("number7", ["common number7 odd"]);
  assert.deepEqual(library.warnings, []);
});

test("words that very many tracks have are found without ranking, the title first", async (t) => {
  const library = await newLibrary(t);
  library.add(Array.from({ length: 6000 }, (_, index) => ({ title: `Take ${index}`, artists: ["Common"] })));
  library.add([{ title: "Common", artists: ["Somebody"] }]);
  await library.open();
  await library.counts(6001);
  const { hits, total } = await library.search("common", 10);
  assert.deepEqual([hits.length, hits[0]?.id, total], [10, 6001, undefined]);
  assert.equal((await library.search("common title:5999")).total, 1);
  assert.equal((await library.search("common -take")).total, 1);
});

async function newLibrary(t: TestContext): Promise<SearchLibrary> {
  const { searchEngine, close } = await setUpPlugin(searchSqlite());
  const library = new SearchLibrary(await searchEngine());
  t.after(async () => {
    await library.close();
    await close();
  });
  return library;
}

/** A library whose index is whole, and closed. */
async function builtLibrary(t: TestContext): Promise<SearchLibrary> {
  const library = await newLibrary(t);
  library.add(numberedTracks(TRACKS));
  await library.open();
  await library.counts(TRACKS);
  await library.index.close();
  return library;
}

async function sameAgain(library: SearchLibrary, warning: RegExp): Promise<void> {
  await library.open();
  await library.counts(TRACKS);
  await library.finds("number7", ["common number7 odd"]);
  assert.equal((await library.search("year:1950..1959")).total, 50);
  assert.match(library.warnings.join("\n"), warning);
}

function databaseOf(library: SearchLibrary): string {
  const name = readdirSync(library.folder).find((found) => found.endsWith(".sqlite"));
  assert.ok(name !== undefined);
  return join(library.folder, name);
}
