import assert from "node:assert/strict";
import { test } from "node:test";
import { type Catalogue, openCatalogue } from "../../../core/catalogue/catalogue.js";
import type { FileRow } from "../../../core/catalogue/files.js";
import { ROOT_VIEW } from "../../../core/catalogue/schema.js";
import { Placer } from "../../../core/library/placer.js";
import { TreeEditor } from "../../../core/library/tree-editor.js";
import { ROOT_INO } from "../../../core/model/entry.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

interface Shelf {
  readonly catalogue: Catalogue;
  readonly editor: TreeEditor;
  place(path: string, ...segments: string[]): FileRow;
  placeAll(path: string, ...paths: string[][]): FileRow;
  remove(path: string): void;
  tree(): string[];
}

function openShelf(t: { after(fn: () => void): void }): Shelf {
  const catalogue = openCatalogue(`${temporaryFolder(t)}/catalogue.sqlite`);
  t.after(() => catalogue.close());
  const origin = catalogue.originNumber("music");
  const editor = new TreeEditor({ catalogue, wantsPaths: () => true });
  const originIds = new Map([[origin, "music"]]);
  const placer = new Placer({
    catalogue,
    editor,
    originIds,
    view: ROOT_VIEW,
    rootIno: ROOT_INO,
    reserved: ["Playlists"],
  });
  const file = (path: string): FileRow =>
    catalogue.files.byPath(origin, path) ??
    catalogue.files.insert(origin, { path, sizeBytes: 10, mtimeMs: 0 });
  const placeAll = (path: string, ...paths: string[][]): FileRow =>
    catalogue.transaction(() => {
      const row = file(path);
      placer.place(row, paths);
      return row;
    });
  return {
    catalogue,
    editor,
    place: (path, ...segments) => placeAll(path, segments),
    placeAll,
    remove: (path) =>
      catalogue.transaction(() => {
        const row = file(path);
        editor.removeTrack(row);
        catalogue.files.remove(row);
      }),
    tree: () => [...paths(catalogue, ROOT_INO, "")].sort(),
  };
}

function* paths(catalogue: Catalogue, ino: number, prefix: string): Generator<string> {
  for (const entry of catalogue.reader.readdir(ino, 0, 1_000_000)) {
    if (entry.kind === "directory") yield* paths(catalogue, entry.ino, `${prefix}/${entry.name}`);
    else yield `${prefix}/${entry.name} <- ${catalogue.reader.fileOf(entry.ino)?.path}`;
  }
}

test("a track has one place; moving it removes the folders that become empty", (t) => {
  const shelf = openShelf(t);
  const before = shelf.place("a.flac", "Artist", "Album", "01.flac");
  assert.deepEqual(shelf.catalogue.totals, { tracks: 1, directories: 3, bytes: 10 });
  const after = shelf.place("a.flac", "Other", "01.flac");
  assert.deepEqual(shelf.tree(), ["/Other/01.flac <- a.flac"]);
  assert.equal(after.ino, before.ino);
  assert.deepEqual(shelf.catalogue.totals, { tracks: 1, directories: 2, bytes: 10 });
  shelf.remove("a.flac");
  assert.deepEqual(shelf.tree(), []);
  assert.deepEqual(shelf.catalogue.totals, { tracks: 0, directories: 1, bytes: 0 });
});

test("tracks with one path are all shown, under the same names whatever the order of the scan", (t) => {
  const files = Array.from({ length: 40 }, (_, index) => `disc ${index % 7}/${index}.flac`);
  const orders = [
    files,
    [...files].reverse(),
    [...files].sort((a, b) => a.length - b.length || a.localeCompare(b)),
  ];
  const trees = orders.map((order) => {
    const shelf = openShelf(t);
    for (const path of order) shelf.place(path, "Artist", "01 - Same.flac");
    assert.equal(shelf.catalogue.totals.tracks, files.length);
    return shelf.tree();
  });
  assert.deepEqual(trees[1], trees[0]);
  assert.deepEqual(trees[2], trees[0]);
  assert.equal(trees[0]?.filter((line) => line.startsWith("/Artist/01 - Same.flac ")).length, 1);
});

test("a suffix stays when the sibling with the plain name goes", (t) => {
  const shelf = openShelf(t);
  shelf.place("a.flac", "Same.flac");
  shelf.place("b.flac", "Same.flac");
  const [suffixed] = shelf.tree().filter((line) => line.endsWith("<- b.flac"));
  shelf.remove("a.flac");
  shelf.place("b.flac", "Same.flac");
  assert.deepEqual(shelf.tree(), [suffixed]);
});

test("a folder keeps its name before a file, whichever comes first", (t) => {
  const trees = [true, false].map((fileFirst) => {
    const shelf = openShelf(t);
    const steps = [() => shelf.place("a", "Name"), () => shelf.place("b.flac", "Name", "b.flac")];
    for (const step of fileFirst ? steps : steps.reverse()) step();
    return shelf.tree();
  });
  assert.deepEqual(trees[0], trees[1]);
  assert.ok(trees[0]?.includes("/Name/b.flac <- b.flac"));
  assert.equal(trees[0]?.length, 2);
});

test("names that only become the same by being cut are told apart", (t) => {
  const shelf = openShelf(t);
  for (const [path, end] of [
    ["a", "one"],
    ["b", "two"],
  ] as const) {
    shelf.place(path, `${"x".repeat(300)}${end}.flac`);
  }
  const names = shelf.catalogue.reader.readdir(ROOT_INO, 0, 10).map((entry) => entry.name);
  assert.equal(new Set(names).size, 2);
  for (const name of names) assert.ok(Buffer.byteLength(name) <= 255 && name.endsWith(".flac"));
});

test("every name that changes is reported, with the path that it had", (t) => {
  const shelf = openShelf(t);
  shelf.place("b.flac", "Artist", "Same.flac");
  shelf.editor.takeChanges();
  shelf.place("a.flac", "Artist", "Same.flac");
  const changes = shelf.editor.takeChanges().map(({ kind, path }) => `${kind} ${path}`);
  assert.equal(changes[0], "removed /Artist/Same.flac");
  assert.match(changes[1] ?? "", /^added \/Artist\/Same \[[0-9a-z]{8}\]\.flac$/);
  assert.equal(changes[2], "added /Artist/Same.flac");
  assert.equal(changes.length, 3);
});

test("a track under several paths is one track; what it loses of them goes alone", (t) => {
  const shelf = openShelf(t);
  shelf.placeAll("a.flac", ["Ann", "1.flac"], ["Bo", "1.flac"], ["Ann", "1.flac"]);
  assert.deepEqual(shelf.tree(), ["/Ann/1.flac <- a.flac", "/Bo/1.flac <- a.flac"]);
  assert.deepEqual(shelf.catalogue.totals, { tracks: 1, directories: 3, bytes: 10 });
  shelf.editor.takeChanges();
  shelf.placeAll("a.flac", ["Bo", "1.flac"], ["Cy", "1.flac"]);
  assert.deepEqual(shelf.tree(), ["/Bo/1.flac <- a.flac", "/Cy/1.flac <- a.flac"]);
  assert.deepEqual(
    shelf.editor.takeChanges().map(({ kind, name }) => `${kind} ${name}`),
    ["added Cy", "added 1.flac", "removed 1.flac", "removed Ann"],
  );
  shelf.remove("a.flac");
  assert.deepEqual(shelf.catalogue.totals, { tracks: 0, directories: 1, bytes: 0 });
});

test("a track whose one path is the folder of another of its paths has both", (t) => {
  const shelf = openShelf(t);
  for (let round = 0; round < 2; round += 1) {
    shelf.placeAll("a.flac", ["Name"], ["Name", "1.flac"]);
    const [suffixed, inFolder] = shelf.tree();
    assert.match(suffixed ?? "", /^\/Name \[[0-9a-z]{8}\] <- a\.flac$/);
    assert.equal(inFolder, "/Name/1.flac <- a.flac");
    assert.equal(shelf.tree().length, 2);
  }
});

test("a title that looks like another file's suffix changes nobody's name by the order of the scan", (t) => {
  const probe = openShelf(t);
  probe.place("a.flac", "Same.flac");
  probe.place("b.flac", "Same.flac");
  const [forged] = probe.catalogue.tree.collisions(1);
  assert.ok(forged);
  const steps: ((shelf: Shelf) => void)[] = [
    (shelf) => shelf.place("a.flac", "Same.flac"),
    (shelf) => shelf.place("b.flac", "Same.flac"),
    (shelf) => shelf.place("c.flac", forged.name),
  ];
  const trees = [
    [0, 1, 2],
    [2, 1, 0],
    [1, 2, 0],
    [2, 0, 1],
  ].map((order) => {
    const shelf = openShelf(t);
    for (const step of order) steps[step]?.(shelf);
    return shelf.tree();
  });
  for (const tree of trees) assert.deepEqual(tree, trees[0]);
  assert.ok(trees[0]?.includes(`/${forged.name} <- c.flac`));
  assert.equal(trees[0]?.length, 3);
});

test("no track takes a reserved name of the root, in any case; deeper down it may have it", (t) => {
  const shelf = openShelf(t);
  shelf.place("a.flac", "Playlists", "1.flac");
  shelf.place("b.flac", "playlists");
  shelf.place("c.flac", "Ann", "Playlists", "1.flac");
  assert.deepEqual(shelf.tree(), [
    "/Ann/Playlists/1.flac <- c.flac",
    "/Playlists_/1.flac <- a.flac",
    "/playlists_ <- b.flac",
  ]);
});
