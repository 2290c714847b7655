import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type Catalogue, openCatalogue } from "../../../core/catalogue/catalogue.js";
import type { FileRow } from "../../../core/catalogue/files.js";
import { TreeEditor } from "../../../core/library/tree-editor.js";
import { type View, Views } from "../../../core/library/views.js";
import { ROOT_INO } from "../../../core/model/entry.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const NEVER = new AbortController().signal;

interface Bench {
  readonly catalogue: Catalogue;
  readonly editor: TreeEditor;
  readonly file: FileRow;
  /** Opens the views as a start of the daemon does. */
  open(...roots: string[]): Views;
  /** The same catalogue, in another run. */
  restart(): Bench;
  tree(): string[];
}

function openBench(t: TestContext): Bench {
  const catalogue = openCatalogue(`${temporaryFolder(t)}/catalogue.sqlite`);
  t.after(() => catalogue.close());
  const origin = catalogue.originNumber("music");
  const file = catalogue.transaction(() =>
    catalogue.files.insert(origin, { path: "a.flac", sizeBytes: 10, mtimeMs: 0 }),
  );
  return benchOf(catalogue, file);
}

function benchOf(catalogue: Catalogue, file: FileRow): Bench {
  const editor = new TreeEditor({ catalogue, wantsPaths: () => true });
  const originIds = new Map([[file.originNumber, "music"]]);
  return {
    catalogue,
    file,
    editor,
    open: (...roots) =>
      catalogue.transaction(
        () => new Views({ catalogue, editor, originIds, views: roots.map(viewAt), names: "posix" }),
      ),
    restart: () => benchOf(catalogue, file),
    tree: () => [...paths(catalogue, ROOT_INO, "")].sort(),
  };
}

function viewAt(root: string): View {
  return { root, placeTrack: { call: () => undefined }, fingerprint: root };
}

function* paths(catalogue: Catalogue, ino: number, prefix: string): Generator<string> {
  for (const entry of catalogue.reader.readdir(ino, 0, 1_000_000)) {
    const path = `${prefix}/${entry.name}`;
    yield entry.kind === "directory" ? `${path}/` : path;
    if (entry.kind === "directory") yield* paths(catalogue, entry.ino, path);
  }
}

function place({ catalogue, file }: Bench, views: Views, index: number, ...segments: string[]): void {
  catalogue.transaction(() => views.open[index]?.placer.place(file, [segments]));
}

test("views share inodes, and each manages its own names", (t) => {
  const bench = openBench(t);
  const views = bench.open("/", "/By Genre", "/More/By Year");
  place(bench, views, 0, "Ann", "1.flac");
  place(bench, views, 1, "Folk", "1.flac");
  place(bench, views, 2, "1999", "1.flac");
  assert.deepEqual(bench.tree(), [
    "/Ann/",
    "/Ann/1.flac",
    "/By Genre/",
    "/By Genre/Folk/",
    "/By Genre/Folk/1.flac",
    "/More/",
    "/More/By Year/",
    "/More/By Year/1999/",
    "/More/By Year/1999/1.flac",
  ]);
  assert.deepEqual(bench.catalogue.totals, { tracks: 1, directories: 7, bytes: 10 });
  assert.equal(new Set(bench.catalogue.tree.namesOf(bench.file.ino).map(({ view }) => view)).size, 3);
  bench.catalogue.transaction(() => views.open[1]?.placer.remove(bench.file));
  assert.ok(bench.tree().includes("/Ann/1.flac"), "another view's name stays");
  assert.ok(bench.tree().includes("/By Genre/"), "the root of a view stays, although it is empty");
  bench.catalogue.transaction(() => bench.editor.removeTrack(bench.file));
  assert.deepEqual(bench.tree(), ["/By Genre/", "/More/", "/More/By Year/"]);
});

test("the roots of other views, and what MusicFS shows itself, are not for tracks", (t) => {
  const bench = openBench(t);
  const views = bench.open("/", "/More/By Year");
  for (const folder of ["More", "collections"]) {
    place(bench, views, 0, folder, "1.flac");
    assert.ok(bench.tree().includes(`/${folder}_/1.flac`));
  }
  place(bench, views, 1, "Collections", "1.flac");
  assert.ok(bench.tree().includes("/More/By Year/Collections/1.flac"));
});

test("a view that has left the config vanishes, and what others have stays", async (t) => {
  const bench = openBench(t);
  const before = bench.open("/", "/More/By Year");
  place(bench, before, 0, "Ann", "1.flac");
  place(bench, before, 1, "1999", "1.flac");
  bench.catalogue.transaction(() => before.branch("/Collections"));
  await bench
    .restart()
    .open("/")
    .removeUnclaimed(() => undefined, NEVER);
  assert.deepEqual(bench.tree(), ["/Ann/", "/Ann/1.flac"]);
  assert.deepEqual(
    bench.catalogue.views.all().map(({ key }) => key),
    ["/"],
  );
  assert.deepEqual(bench.catalogue.totals, { tracks: 1, directories: 2, bytes: 10 });
});

test("a branch adds and removes names of its own and no one else's", (t) => {
  const bench = openBench(t);
  const { catalogue, editor } = bench;
  const views = bench.open("/");
  place(bench, views, 0, "Ann", "1.flac");
  const ann = catalogue.tree.child(ROOT_INO, "Ann");
  assert.ok(ann);
  catalogue.transaction(() => {
    const own = views.branch("/Collections");
    const folder = own.directory(own.rootIno, "Recent") ?? assert.fail("no directory");
    assert.ok(own.add(folder, "1.flac", bench.file.ino));
    assert.ok(own.addLink(folder, "link", "../../Ann/1.flac"));
    const guest = views.branch("covers");
    assert.equal(guest.rootIno, ROOT_INO);
    assert.ok(guest.addLink(ann.ino, "cover.jpg", "elsewhere"));
    assert.ok(!guest.addLink(ann.ino, "1.flac", "elsewhere"), "a track has the name");
    assert.ok(!guest.remove(ann.ino, "1.flac"), "the name is another view's");
    assert.equal(guest.directory(ann.ino, "1.flac"), undefined);
  });
  assert.equal(catalogue.totals.tracks, 1);
  assert.deepEqual(bench.tree(), [
    "/Ann/",
    "/Ann/1.flac",
    "/Ann/cover.jpg",
    "/Collections/",
    "/Collections/Recent/",
    "/Collections/Recent/1.flac",
    "/Collections/Recent/link",
  ]);
  editor.takeChanges();
  catalogue.transaction(() => {
    assert.ok(views.branch("/Collections").remove(views.branch("/Collections").rootIno, "Recent"));
    assert.ok(views.branch("covers").remove(ann.ino, "cover.jpg"));
  });
  assert.deepEqual(bench.tree(), ["/Ann/", "/Ann/1.flac", "/Collections/"]);
  assert.deepEqual(
    editor.takeChanges().map(({ kind, name }) => `${kind} ${name}`),
    ["removed 1.flac", "removed link", "removed Recent", "removed cover.jpg"],
  );
  assert.throws(() => catalogue.transaction(() => views.branch("/Anywhere")), /not reserved/);
});

test("a track yields a folder's name to a view's root, and keeps its bytes", (t) => {
  const bench = openBench(t);
  place(bench, bench.open("/"), 0, "By Genre");
  bench.open("/", "/By Genre");
  const [track, root] = bench.tree();
  assert.match(track ?? "", /^\/By Genre \[[0-9a-z]{8}\]$/);
  assert.equal(root, "/By Genre/");
});
