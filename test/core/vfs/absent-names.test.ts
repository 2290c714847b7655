import assert from "node:assert/strict";
import { test } from "node:test";
import { openCatalogue } from "../../../core/catalogue/catalogue.js";
import { openCatalogueReader } from "../../../core/catalogue/reader.js";
import { ROOT_INO } from "../../../core/model/entry.js";
import { AbsentNames } from "../../../core/vfs/absent-names.js";
import { openVfs } from "../../../core/vfs/vfs.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

/** More lookups in one directory than it takes to have its names read. */
const MANY = 100;

function createNames(names: readonly string[]) {
  const generation = new SharedArrayBuffer(4);
  const asked: number[] = [];
  const absent = new AbsentNames(generation, (ino, limit) => {
    asked.push(ino);
    return names.slice(0, limit);
  });
  return { absent, asked, change: () => Atomics.add(new Int32Array(generation), 0, 1) };
}

test("a directory's names are read once, and only those that are missing are called absent", () => {
  const { absent, asked } = createNames(["cover.jpg"]);
  for (let at = 0; at < MANY; at += 1) assert.equal(absent.has(7, "cover.jpg"), false);
  assert.equal(absent.has(7, "folder.jpg"), true);
  assert.equal(absent.has(8, "folder.jpg"), false, "nothing is known of another directory");
  assert.deepEqual(asked, [7]);
});

test("what was known is forgotten when the tree changes", () => {
  const { absent, change } = createNames([]);
  for (let at = 0; at < MANY; at += 1) absent.has(7, "a");
  assert.equal(absent.has(7, "a"), true);
  change();
  assert.equal(absent.has(7, "a"), false);
});

test("a directory with very many names is not kept, and not read again", () => {
  const { absent, asked } = createNames(Array.from({ length: 100_000 }, (_, at) => `name ${at}`));
  for (let at = 0; at < MANY; at += 1) assert.equal(absent.has(7, "a"), false);
  assert.deepEqual(asked, [7]);
});

test("directories beyond what is kept make room, and stay right", () => {
  const names = Array.from({ length: 2000 }, (_, at) => `name ${at}`);
  const { absent } = createNames(names);
  for (let ino = 1; ino <= 30; ino += 1) {
    for (let at = 0; at < MANY; at += 1) assert.equal(absent.has(ino, "name 1999"), false);
    assert.equal(absent.has(ino, "a"), true);
  }
});

test("a VFS finds a name that came after many lookups in vain, in any normalisation", (t) => {
  const cataloguePath = `${temporaryFolder(t)}/catalogue.sqlite`;
  const catalogue = openCatalogue(cataloguePath);
  const generation = new SharedArrayBuffer(4);
  const vfs = openVfs({ cataloguePath, origins: [], generation });
  t.after(() => {
    vfs.close();
    catalogue.close();
  });
  for (let at = 0; at < MANY; at += 1) assert.equal(vfs.lookup(ROOT_INO, "Ö.flac"), undefined);

  const origin = catalogue.originNumber("music");
  const ino = catalogue.transaction(() => {
    const file = catalogue.files.insert(origin, { path: "a.flac", sizeBytes: 5, mtimeMs: 1 });
    catalogue.tree.insertName(ROOT_INO, "Ö.flac", file.ino, false, 1);
    return file.ino;
  });
  Atomics.add(new Int32Array(generation), 0, 1);
  for (let at = 0; at < MANY; at += 1) {
    assert.equal(vfs.lookup(ROOT_INO, "Ö.flac".normalize("NFD"))?.ino, ino);
  }
  assert.equal(openCatalogueReaderOnce(cataloguePath), "Ö.flac");
});

function openCatalogueReaderOnce(path: string): string | undefined {
  const reader = openCatalogueReader(path);
  const [name] = reader.namesOf(ROOT_INO, 1);
  reader.close();
  return name;
}
