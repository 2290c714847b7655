import assert from "node:assert/strict";
import { posix } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { type Catalogue, openCatalogue } from "../../../core/catalogue/catalogue.js";
import { ROOT_VIEW } from "../../../core/catalogue/schema.js";
import { Placer } from "../../../core/library/placer.js";
import { TreeEditor } from "../../../core/library/tree-editor.js";
import { type EntryChange, ROOT_INO } from "../../../core/model/entry.js";
import { type FolderSearch, SearchFolders } from "../../../core/search-folders/search-folders.js";
import { silentLogger } from "../../support/loggers.js";
import { until } from "../../support/process.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const NEVER = new AbortController().signal;
const NOTE = { name: "000 note.txt", ino: 77 };

interface Stage {
  readonly catalogue: Catalogue;
  readonly folders: SearchFolders;
  readonly rootIno: number;
  /** Queries that were searched for. */
  readonly asked: { readonly text: string; readonly signal: AbortSignal }[];
  readonly changes: EntryChange[];
  /** What the next searches find: paths of tracks, the best first; `hang` never ends. */
  found: readonly string[] | "hang" | Error;
  state: string;
  /** Name and target of each link in a query's folder, by name. */
  look(query: string): Promise<Record<string, string>>;
  lookup(query: string, signal?: AbortSignal): Promise<number>;
  rows(): number;
  place(origin: string, ...path: string[]): void;
}

function openStage(
  t: { after(fn: () => void): void },
  options: { maxFolders?: number; keepMs?: number; timeoutMs?: number } = {},
): Stage {
  const path = `${temporaryFolder(t)}/catalogue.sqlite`;
  const catalogue = openCatalogue(path);
  const origin = catalogue.originNumber("music");
  const editor = new TreeEditor({ catalogue, wantsPaths: () => false });
  const originIds = new Map([[origin, "music"]]);
  const placer = new Placer({
    catalogue,
    editor,
    originIds,
    view: ROOT_VIEW,
    rootIno: ROOT_INO,
    reserved: [],
  });
  const inos = new Map<string, number>();
  const asked: Stage["asked"] = [];
  const changes: EntryChange[] = [];
  const search: FolderSearch = {
    async find(text, { signal }) {
      asked.push({ text, signal });
      const { found } = stage;
      if (found === "hang") return new Promise(() => undefined);
      if (found instanceof Error) throw found;
      const hits = found.map((name) => ({
        ino: inos.get(name) ?? -1,
        track: { artist: "Nora/Vale", title: name, extension: "flac" },
      }));
      return { hits, progress: { state: stage.state } };
    },
  };
  const rootIno = catalogue.transaction(() => {
    const ino = catalogue.queryFolders.openRoot(0);
    catalogue.queryFolders.parkAll(ino);
    return ino;
  });
  const folders = new SearchFolders({
    catalogue,
    search,
    rootIno,
    view: 99,
    indexingNote: { name: NOTE.name, ino: () => NOTE.ino },
    limit: 200,
    maxFolders: options.maxFolders ?? 64,
    keepMs: options.keepMs ?? 60_000,
    timeoutMs: options.timeoutMs ?? 20_000,
    log: silentLogger(),
    onChanges: (changed) => changes.push(...changed),
  });
  const counter = new Database(path, { readonly: true });
  const count = counter.prepare(
    "SELECT (SELECT count(*) FROM nodes) + (SELECT count(*) FROM names) + (SELECT count(*) FROM links)",
  );
  t.after(() => {
    folders.close();
    counter.close();
    catalogue.close();
  });
  const lookup = async (query: string, signal = new AbortController().signal): Promise<number> =>
    (await folders.lookup(rootIno, query, signal))?.ino ?? -1;
  const stage: Stage = {
    catalogue,
    folders,
    rootIno,
    asked,
    changes,
    found: [],
    state: "ready",
    lookup,
    async look(query) {
      const entries = catalogue.reader.readdir(await lookup(query), 0, 1000);
      return Object.fromEntries(
        entries.map(({ name, ino }) => [name, catalogue.reader.linkOf(ino) ?? `inode ${ino}`]),
      );
    },
    rows: () => count.pluck().get() as number,
    place(name, ...segments) {
      catalogue.transaction(() => {
        const file =
          catalogue.files.byPath(origin, name) ??
          catalogue.files.insert(origin, { path: name, sizeBytes: 1, mtimeMs: 0 });
        placer.place(file, [segments]);
        inos.set(name, file.ino);
      });
    },
  };
  stage.place("one", "Vale", "Album", "01 - One.flac");
  stage.place("two", "top.flac");
  return stage;
}

test("a query's folder holds relative links to the tracks, by rank, and is made once", async (t) => {
  const stage = openStage(t);
  stage.found = ["two", "gone", "one"];
  assert.deepEqual(await stage.look("any thing"), {
    "001 Nora_Vale - two.flac": "../../top.flac",
    "002 Nora_Vale - one.flac": "../../Vale/Album/01 - One.flac",
  });
  assert.equal(posix.join("/.search/any thing", "../../top.flac"), "/top.flac");
  await stage.look("any thing");
  assert.deepEqual(
    stage.asked.map(({ text }) => text),
    ["any thing"],
  );
  assert.deepEqual(stage.catalogue.reader.readdir(stage.rootIno, 0, 10), [], "and is in no listing");
  assert.deepEqual(
    stage.catalogue.reader
      .readdir(ROOT_INO, 0, 10)
      .map(({ name }) => name)
      .sort(),
    ["Vale", "top.flac"],
  );
});

test("either normalisation is one folder; what finds nothing is an empty one; a name with a dot is none", async (t) => {
  const stage = openStage(t);
  assert.equal(await stage.lookup("é".normalize("NFD")), await stage.lookup("é".normalize("NFC")));
  assert.equal(stage.asked.length, 1);
  assert.deepEqual(await stage.look("nothing"), {});
  for (const name of [".", "..", ".git", ".DS_Store", ""]) assert.equal(await stage.lookup(name), -1);
  assert.equal(await stage.folders.lookup(ROOT_INO, "elsewhere", NEVER), undefined);
});

test("after a change the same folder holds what is found then, and the kernel is told", async (t) => {
  const stage = openStage(t);
  stage.found = ["one", "two"];
  const ino = await stage.lookup("q");
  stage.place("one", "Elsewhere", "One.flac");
  stage.found = ["one"];
  stage.folders.changed();
  assert.equal(await stage.lookup("q"), ino, "a walk that goes on does not search for each entry");
  assert.equal(stage.asked.length, 1);
  await until(
    "the folder is brought up to date",
    async () => (await stage.lookup("q")) && stage.asked.length > 1,
  );
  assert.deepEqual(await stage.look("q"), { "001 Nora_Vale - one.flac": "../../Elsewhere/One.flac" });
  assert.equal(await stage.lookup("q"), ino);
  assert.deepEqual(
    new Set(stage.changes.map(({ parentIno, name }) => `${parentIno} ${name}`)),
    new Set([`${ino} 001 Nora_Vale - one.flac`, `${ino} 002 Nora_Vale - two.flac`]),
  );
});

test("while the index is being built a folder says so, and is looked for again soon", async (t) => {
  const stage = openStage(t);
  stage.state = "indexing";
  stage.found = ["one"];
  assert.deepEqual(Object.keys(await stage.look("q")), ["001 Nora_Vale - one.flac"]);
  const names = stage.catalogue.tree.childrenOf(await stage.lookup("q"));
  assert.deepEqual(
    names.filter(({ ino }) => ino === NOTE.ino).map(({ name }) => name),
    [NOTE.name],
  );
  stage.state = "ready";
  stage.found = ["one", "two"];
  await until("the whole answer", async () => Object.keys(await stage.look("q")).length === 2);
  assert.equal(stage.catalogue.tree.namesOf(NOTE.ino).length, 0);
});

test("a search that hangs delays nobody, ends when nobody waits, and may be asked for again", async (t) => {
  const stage = openStage(t);
  stage.found = "hang";
  const [first, second] = [new AbortController(), new AbortController()];
  const waiting = [stage.lookup("q", first.signal), stage.lookup("q", second.signal)];
  stage.found = ["one"];
  assert.notEqual(await stage.lookup("other"), -1);
  first.abort();
  await assert.rejects(waiting[0] as Promise<number>, { code: "EINTR" });
  assert.equal(stage.asked[0]?.signal.aborted, false, "somebody still waits");
  second.abort();
  await assert.rejects(waiting[1] as Promise<number>, { code: "EINTR" });
  assert.equal(stage.asked[0]?.signal.aborted, true);
  assert.deepEqual(
    stage.asked.map(({ text }) => text),
    ["q", "other"],
    "two who ask for the same search share it",
  );
  assert.notEqual(await stage.lookup("q"), -1);
});

test("who asks right after a search was given up begins anew", async (t) => {
  const stage = openStage(t);
  stage.found = "hang";
  const asker = new AbortController();
  const given = stage.lookup("q", asker.signal);
  await until("it is asked for", async () => stage.asked.length > 0);
  stage.found = ["one"];
  asker.abort();
  await assert.rejects(given, { code: "EINTR" });
  assert.deepEqual(await stage.look("q"), { "001 Nora_Vale - one.flac": "../../Vale/Album/01 - One.flac" });
  assert.equal(stage.asked.length, 2);
});

test("a search that fails or takes too long is an error and no empty folder", async (t) => {
  const stage = openStage(t, { timeoutMs: 50 });
  stage.found = new Error("the index is broken");
  await assert.rejects(stage.lookup("q"), { code: "EIO" });
  stage.found = "hang";
  await assert.rejects(stage.lookup("q"), { code: "EIO" });
  stage.found = [];
  assert.notEqual(await stage.lookup("q"), -1);
});

test("so many searches run at a time, the others wait for their turn", async (t) => {
  const stage = openStage(t, { timeoutMs: 300 });
  stage.found = "hang";
  const all = Array.from({ length: 300 }, (_, index) =>
    stage.lookup(`q ${index}`).catch((error: { code?: string }) => error.code),
  );
  await until("the first are asked for", async () => stage.asked.length > 0);
  assert.equal(stage.asked.length, 4);
  const codes = await Promise.all(all);
  assert.ok(codes.includes("EBUSY") && codes.includes("EIO"));
  stage.found = [];
  assert.notEqual(await stage.lookup("after all"), -1);
});

test("a thousand hostile queries leave a bounded number of folders, and nothing when they are old", async (t) => {
  const stage = openStage(t, { maxFolders: 8 });
  const before = stage.rows();
  stage.found = ["one", "two"];
  for (let index = 0; index < 1000; index++)
    await stage.lookup(`${index} ../%2e%2e\\ \u202e${"(".repeat(60)}`);
  // A folder and two links: a name and a node each, and the links' targets.
  assert.equal(stage.rows(), before + 8 * 8);
  stage.folders.close();
});

test("what an earlier run left is found by nobody, and removed", async (t) => {
  const stage = openStage(t);
  const { catalogue, rootIno } = stage;
  const before = stage.rows();
  stage.found = ["one", "two"];
  await stage.lookup("q");
  catalogue.transaction(() => catalogue.queryFolders.parkAll(rootIno));
  assert.equal(catalogue.reader.lookup(rootIno, "q"), undefined);
  const next = new SearchFolders({
    catalogue,
    search: { find: async () => ({ hits: [], progress: { state: "ready" } }) },
    rootIno,
    view: 99,
    indexingNote: { name: NOTE.name, ino: () => NOTE.ino },
    limit: 1,
    maxFolders: 8,
    keepMs: 1,
    timeoutMs: 1000,
    log: silentLogger(),
    onChanges: () => undefined,
  });
  t.after(() => next.close());
  const made = await next.lookup(rootIno, "q", NEVER);
  assert.deepEqual(catalogue.reader.readdir(made?.ino ?? -1, 0, 10), []);
  await next.removeEarlier(NEVER);
  assert.equal((await next.lookup(rootIno, "q", NEVER))?.ino, made?.ino);
  assert.equal(stage.rows(), before + 2);
});
