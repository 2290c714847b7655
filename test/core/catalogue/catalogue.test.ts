import assert from "node:assert/strict";
import { truncateSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import Database from "better-sqlite3";
import { openCatalogue } from "../../../core/catalogue/catalogue.js";
import { openCatalogueReader } from "../../../core/catalogue/reader.js";
import { SCHEMA_VERSION } from "../../../core/catalogue/schema.js";
import { isMusicfsError } from "../../../core/errors.js";
import { ROOT_INO } from "../../../core/model/entry.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const TAGS = {
  artists: ["A", "B"],
  albumArtists: [],
  genres: [],
  composers: [],
  compilation: false,
} as const;

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isMusicfsError(error)) return error.code;
    throw error;
  }
  return "nothing was thrown";
}

test("what is written is there after closing and opening, under the same numbers", (t) => {
  const path = `${temporaryFolder(t)}/catalogue.sqlite`;
  const first = openCatalogue(path);
  const origin = first.originNumber("music");
  const row = first.transaction(() => {
    const file = first.files.insert(origin, { path: "a.flac", sizeBytes: 5_000_000_000, mtimeMs: 1.25 });
    first.files.saveReading(file, {
      tags: { ...TAGS, title: "T" },
      audio: { format: "flac" },
      problem: { code: "malformed", detail: "x" },
    });
    first.tree.insertName(ROOT_INO, "T.flac", file.ino, false, 1);
    first.count({ tracks: 1, bytes: file.sizeBytes });
    return file;
  });
  first.close();

  const second = openCatalogue(path);
  t.after(() => second.close());
  assert.equal(second.originNumber("music"), origin);
  assert.deepEqual(second.files.byPath(origin, "a.flac"), { ...row, state: 1 });
  assert.deepEqual(second.files.tagged(row)?.tags, { ...TAGS, title: "T" });
  assert.deepEqual(second.totals, { tracks: 1, directories: 1, bytes: 5_000_000_000 });
  assert.deepEqual(second.problems.after(undefined, {}, 10), [
    { originNumber: origin, originId: "music", path: "a.flac", code: "malformed", detail: "x" },
  ]);
});

test("a transaction that throws leaves nothing behind, not even in the totals", (t) => {
  const catalogue = openCatalogue(`${temporaryFolder(t)}/catalogue.sqlite`);
  t.after(() => catalogue.close());
  const origin = catalogue.originNumber("music");
  assert.throws(
    () =>
      catalogue.transaction(() => {
        catalogue.files.insert(origin, { path: "a", sizeBytes: 1, mtimeMs: 0 });
        catalogue.count({ tracks: 1 });
        throw new Error("halfway");
      }),
    /halfway/,
  );
  assert.equal(catalogue.files.count(origin), 0);
  assert.equal(catalogue.totals.tracks, 0);
});

test("a reader sees what was committed, and nothing before", (t) => {
  const path = `${temporaryFolder(t)}/catalogue.sqlite`;
  const catalogue = openCatalogue(path);
  const reader = openCatalogueReader(path);
  t.after(() => {
    reader.close();
    catalogue.close();
  });
  catalogue.transaction(() => {
    catalogue.tree.insertDirectory(ROOT_INO, "Artist", 7);
    assert.equal(reader.lookup(ROOT_INO, "Artist"), undefined);
  });
  const found = reader.lookup(ROOT_INO, "Artist");
  assert.equal(found?.kind, "directory");
  assert.equal(reader.getattr(ROOT_INO)?.mtimeMs, 7);
  assert.deepEqual(reader.parentOf(found?.ino ?? 0), { parentIno: ROOT_INO, name: "Artist" });
});

test("a listing that goes on while the directory changes repeats nothing and loses nothing that stays", (t) => {
  const catalogue = openCatalogue(`${temporaryFolder(t)}/catalogue.sqlite`);
  t.after(() => catalogue.close());
  const { tree, reader } = catalogue;
  const add = (name: string): number => catalogue.transaction(() => tree.insertDirectory(ROOT_INO, name, 0));
  for (let index = 0; index < 1000; index++) add(`stays ${index}`);
  const seen: string[] = [];
  for (let cookie = 0, step = 0; ; step++) {
    const page = reader.readdir(ROOT_INO, cookie, 7);
    const last = page.at(-1);
    if (!last) break;
    cookie = last.cookie;
    seen.push(...page.map((entry) => entry.name));
    if (step % 3 === 0) {
      const passing = tree.child(ROOT_INO, last.name.startsWith("passes") ? last.name : `passes ${step - 3}`);
      if (passing) catalogue.transaction(() => tree.removeName(passing, 0));
      if (step < 300) add(`passes ${step}`);
    }
  }
  assert.equal(new Set(seen).size, seen.length);
  assert.equal(seen.filter((name) => name.startsWith("stays")).length, 1000);
});

test("a link leads where it was made to, has its target's length, and leaves nothing when it is removed", (t) => {
  const catalogue = openCatalogue(`${temporaryFolder(t)}/catalogue.sqlite`);
  t.after(() => catalogue.close());
  const { tree, reader } = catalogue;
  const ino = catalogue.transaction(() => tree.insertLink(ROOT_INO, "link", "../é", 7));
  assert.deepEqual(reader.lookup(ROOT_INO, "link"), {
    ino,
    revision: 0,
    kind: "link",
    sizeBytes: 5,
    mtimeMs: 7,
  });
  assert.equal(reader.readdir(ROOT_INO, 0, 1)[0]?.kind, "link");
  assert.equal(reader.linkOf(ino), "../é");
  assert.equal(reader.linkOf(ROOT_INO), undefined);
  for (const target of ["", "a\0b", "x".repeat(4096)]) {
    assert.throws(() => tree.insertLink(ROOT_INO, "other", target, 0), RangeError);
  }
  const [row] = tree.namesOf(ino);
  assert.ok(row);
  catalogue.transaction(() => {
    tree.removeName(row, 8);
    tree.removeNode(ino);
  });
  assert.equal(reader.linkOf(ino), undefined);
  assert.equal(reader.getattr(ino), undefined);
});

test("a file was added when the catalogue first saw it, whatever happens to it since", (t) => {
  const catalogue = openCatalogue(`${temporaryFolder(t)}/catalogue.sqlite`);
  t.after(() => catalogue.close());
  const origin = catalogue.originNumber("music");
  const beganMs = Date.now() - 1;
  const add = (path: string) =>
    catalogue.transaction(() => catalogue.files.insert(origin, { path, sizeBytes: 1, mtimeMs: 1 }));
  const [first, second] = [add("a"), add("b")];
  assert.deepEqual(catalogue.files.addedSince(beganMs, 10), [second.id, first.id]);
  assert.deepEqual(catalogue.files.addedSince(beganMs, 1), [second.id]);
  assert.deepEqual(catalogue.files.addedSince(Date.now() + 60_000, 10), []);
  catalogue.transaction(() => {
    catalogue.files.update(first, { path: "a", sizeBytes: 2, mtimeMs: 5 });
    catalogue.files.saveReading(first, { tags: { ...TAGS, title: "New" }, audio: { format: "flac" } });
  });
  assert.deepEqual(catalogue.files.addedSince(beganMs, 10), [second.id, first.id]);
});

test("each change of a file's content is another revision", (t) => {
  const catalogue = openCatalogue(`${temporaryFolder(t)}/catalogue.sqlite`);
  t.after(() => catalogue.close());
  const origin = catalogue.originNumber("music");
  const row = catalogue.transaction(() =>
    catalogue.files.insert(origin, { path: "a", sizeBytes: 1, mtimeMs: 1 }),
  );
  const change = (sizeBytes: number): void =>
    catalogue.transaction(() => catalogue.files.update(row, { path: "a", sizeBytes, mtimeMs: 2 }));
  change(2);
  assert.equal(catalogue.reader.fileOf(row.ino)?.revision, 1);
  assert.equal(catalogue.reader.getattr(row.ino)?.sizeBytes, 2);
  for (let count = 0; count < 65_535; count++) change(3);
  assert.equal(catalogue.reader.fileOf(row.ino)?.revision, 0, "sixteen bits, as a driver has room for");
});

test("a database that is not ours to open is refused, and left as it was", (t) => {
  const folder = temporaryFolder(t);
  const foreign = new Database(`${folder}/foreign`);
  foreign.exec("CREATE TABLE theirs (x)");
  foreign.close();
  assert.equal(
    codeOf(() => openCatalogue(`${folder}/foreign`)),
    "MFS_CATALOGUE_FOREIGN",
  );

  openCatalogue(`${folder}/newer`).close();
  const newer = new Database(`${folder}/newer`);
  newer.pragma(`user_version = ${SCHEMA_VERSION + 1}`);
  newer.close();
  assert.equal(
    codeOf(() => openCatalogue(`${folder}/newer`)),
    "MFS_CATALOGUE_NEWER",
  );

  writeFileSync(`${folder}/garbage`, "no database at all, but long enough to be looked at ".repeat(100));
  assert.equal(
    codeOf(() => openCatalogue(`${folder}/garbage`)),
    "MFS_CATALOGUE_FOREIGN",
  );
  assert.equal(
    codeOf(() => openCatalogue(`${folder}/missing/folder`)),
    "MFS_FOLDER_UNUSABLE",
  );

  const damaged = openCatalogue(`${folder}/damaged`);
  const origin = damaged.originNumber("music");
  damaged.transaction(() => {
    for (let index = 0; index < 5000; index++) {
      damaged.files.insert(origin, { path: `file ${index}`, sizeBytes: 1, mtimeMs: 0 });
    }
  });
  damaged.close();
  truncateSync(`${folder}/damaged`, 20_000);
  assert.equal(
    codeOf(() => openCatalogue(`${folder}/damaged`)),
    "MFS_CATALOGUE_DAMAGED",
  );
});
