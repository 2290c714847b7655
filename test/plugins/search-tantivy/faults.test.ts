import assert from "node:assert/strict";
import { readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { isMusicfsError } from "musicfs";
import { searchTantivy } from "musicfs/plugins";
import { hostileQueries, SearchLibrary, setUpPlugin } from "musicfs/testing";
import { parseQuery } from "../../../core/search/query.js";
import {
  childrenWith,
  damage,
  fillDisk,
  mountSmallDisk,
  numberedTracks,
} from "../../support/search-faults.js";

const TRACKS = 300;
const noAbort = new AbortController().signal;

describe("an index that is damaged is made anew: ", () => {
  for (const extension of ["idx", "pos", "term", "store", "fast", "fieldnorm"]) {
    test(`bytes of .${extension} are others`, async (t) => {
      const library = await builtLibrary(t);
      for (const path of indexFiles(library, `.${extension}`)) damage(path, 97);
      await sameAgain(library, /damaged: .* has other content than was written/);
    });
  }
  test("a file of a segment is missing", async (t) => {
    const library = await builtLibrary(t);
    rmSync(indexFiles(library, ".pos")[0] ?? "");
    await sameAgain(library, /damaged: .*\.pos is missing/);
  });
  test("meta.json is missing", async (t) => {
    const library = await builtLibrary(t);
    for (const path of indexFiles(library, "meta.json")) rmSync(path);
    await sameAgain(library, /damaged: meta.json is missing/);
  });
  test("meta.json is no JSON", async (t) => {
    const library = await builtLibrary(t);
    for (const path of indexFiles(library, "meta.json")) writeFileSync(path, "{");
    await sameAgain(library, /damaged/);
  });
  test("another version left its index", async (t) => {
    const library = await builtLibrary(t);
    rmSync(join(library.folder, readdirSync(library.folder)[0] ?? ""), { recursive: true });
    writeFileSync(join(library.folder, "0123456789abcdef"), "");
    await sameAgain(library, /another version/);
    assert.equal(readdirSync(library.folder).length, 1);
  });
});

test("a lock that was left behind is nobody's", async (t) => {
  const library = await builtLibrary(t);
  for (const name of [".tantivy-writer.lock", ".tantivy-meta.lock"]) {
    for (const folder of readdirSync(library.folder)) writeFileSync(join(library.folder, folder, name), "");
  }
  await library.open();
  await library.finds("number7", ["common number7 odd"]);
  library.add(numberedTracks(1, 1000));
  await library.finds("number1000", ["common number1000 even"]);
  assert.deepEqual(library.warnings, []);
});

test("the process is killed again and again while it searches: each search is answered, or fails as a search", async (t) => {
  const library = await builtLibrary(t);
  await library.open();
  let answered = 0;
  for (let round = 0; round < 6; round++) {
    const searches = Array.from({ length: 30 }, () =>
      library.search("common", 1000).then(({ hits }) => hits.length),
    );
    await delay(round * 3);
    for (const pid of searchProcesses()) process.kill(pid, "SIGKILL");
    for (const outcome of await Promise.allSettled(searches)) {
      if (outcome.status === "fulfilled") assert.equal(outcome.value, TRACKS);
      else
        assert.ok(
          isMusicfsError(outcome.reason) && outcome.reason.code === "MFS_SEARCH_FAILED",
          `${outcome.reason}`,
        );
      answered += outcome.status === "fulfilled" ? 1 : 0;
    }
  }
  assert.ok(answered > 0);
  await library.finds("number7", ["common number7 odd"]);
});

test("the process is killed while it indexes and commits: nothing is missing, and nothing is there twice", async (t) => {
  const library = await builtLibrary(t);
  await library.open();
  let tracks = TRACKS;
  for (let round = 0; round < 8; round++) {
    library.add(numberedTracks(400, tracks));
    tracks += 400;
    await delay(20 + round * 25);
    for (const pid of searchProcesses()) process.kill(pid, "SIGKILL");
  }
  await library.counts(tracks);
  const { hits, total } = await library.search("common", 1000);
  assert.deepEqual([hits.length, total], [1000, tracks]);
});

test("a search that hangs is given up, and its process replaced", async (t) => {
  const library = await builtLibrary(t, searchTantivy({ timeout: "200 ms" }));
  await library.open();
  await library.finds("number7", ["common number7 odd"]);
  const [hung] = searchProcesses();
  if (hung !== undefined) process.kill(hung, "SIGSTOP");
  const search = library.search("number8");
  await assert.rejects(
    search,
    (error) => isMusicfsError(error) && /took longer than 200 ms/.test(error.message),
  );
  await library.finds("number8", ["common number8 even"]);
  assert.ok(!searchProcesses().includes(hung ?? 0));
});

test("a full disk keeps what is found, says so, and what is missing follows when there is room", async (t) => {
  const library = await newLibrary(t);
  const unmount = mountSmallDisk(library.folder, 3 * 1024 * 1024);
  try {
    library.add(numberedTracks(TRACKS));
    await library.open();
    await library.counts(TRACKS);
    const ballast = join(library.folder, "ballast");
    fillDisk(ballast);
    library.add(numberedTracks(3000, 10_000));
    await until("it says what is wrong", () => library.index.progress.reason !== undefined);
    assert.equal(library.index.progress.state, "indexing");
    await library.finds("number7", ["common number7 odd"]);
    rmSync(ballast);
    await library.finds("number10007", ["common number10007 odd"]);
    await library.counts(TRACKS + 3000);
  } finally {
    await library.index.close();
    unmount();
  }
});

test("a thousand hostile queries harm nothing", async (t) => {
  const library = await builtLibrary(t);
  await library.open();
  await library.finds("number7", ["common number7 odd"]);
  const [before] = searchProcesses();
  for (const text of hostileQueries(1000)) {
    const { hits } = await library.index.search(parseQuery(text, { lenient: true }), 20, noAbort);
    assert.ok(hits.length <= 20);
  }
  assert.deepEqual(searchProcesses(), [before]);
  assert.deepEqual(library.warnings, []);
});

async function newLibrary(t: TestContext, plugin = searchTantivy()): Promise<SearchLibrary> {
  const { searchEngine, close } = await setUpPlugin(plugin);
  const library = new SearchLibrary(await searchEngine());
  t.after(async () => {
    await library.close();
    await close();
  });
  return library;
}

/** A library whose index is whole, and closed. */
async function builtLibrary(t: TestContext, plugin = searchTantivy()): Promise<SearchLibrary> {
  const library = await newLibrary(t, plugin);
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
  await library.finds('"number8 even"', ["common number8 even"]);
  assert.equal((await library.search("year:1950..1959")).total, 50);
  assert.match(library.warnings.join("\n"), warning);
  assert.equal(library.warnings.length, 1);
}

function indexFiles(library: SearchLibrary, ending: string): string[] {
  const names = readdirSync(library.folder, { recursive: true, encoding: "utf8" });
  const found = names.filter((name) => name.endsWith(ending)).map((name) => join(library.folder, name));
  assert.notEqual(found.length, 0, `files that end in ${ending}`);
  return found;
}

function searchProcesses(): number[] {
  return childrenWith("musicfs search");
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    assert.ok(tries < 1000, what);
    await delay(30);
  }
}
