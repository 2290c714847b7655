import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import Database from "better-sqlite3";
import { type FileVersion, openStoreIndex, type StoreIndex } from "#core/store/store-index.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

type Context = { after(fn: () => void): void };

const version = (path: string, mtimeMs = 5.25): FileVersion => ({
  originId: "music",
  file: { path, sizeBytes: 1000, mtimeMs, version: "tag" },
});

function openIndex(t: Context, path = join(temporaryFolder(t), "index.sqlite")): StoreIndex {
  const index = openStoreIndex(path, (reason) => assert.fail(reason));
  t.after(() => index.db.open && index.close());
  return index;
}

test("a version is found by all that tells it from others, over a restart too", (t) => {
  const path = join(temporaryFolder(t), "index.sqlite");
  const index = openIndex(t, path);
  const id = index.insert(version("a.flac"), 1);
  index.insert(version("b.flac"), 2);
  index.close();
  const again = openIndex(t, path);
  assert.equal(again.blobOf(version("a.flac")), id);
  assert.equal(again.blobOf(version("a.flac", 5.5)), undefined);
  assert.deepEqual(again.versionsOf(id), [version("a.flac")]);
});

test("a row that names another file's blob is forgotten", (t) => {
  const index = openIndex(t);
  index.insert(version("a.flac"), 1);
  const other = index.insert(version("b.flac"), 2);
  index.db.prepare("UPDATE versions SET blob = ? WHERE path = 'a.flac'").run(other);
  assert.equal(index.blobOf(version("a.flac")), undefined);
  assert.equal(index.blobOf(version("b.flac")), other);
});

test("versions that moved to another blob are found there", (t) => {
  const index = openIndex(t);
  const from = index.insert(version("a.flac"), 1);
  const to = index.insert(version("b.flac"), 2);
  index.transaction(() => index.moveVersions(from, to));
  index.remove(from);
  assert.equal(index.blobOf(version("a.flac")), to);
  assert.equal(index.versionsOf(to).length, 2);
});

test("blobs are told in the order of their use, page by page", (t) => {
  const index = openIndex(t);
  const ids = Array.from({ length: 1201 }, (_, number) => index.insert(version(`${number}`), number % 7));
  index.touch([[ids[3] as number, 100]]);
  const told = [...index.byUse()];
  assert.equal(told.length, ids.length);
  assert.equal(told.at(-1)?.id, ids[3]);
  assert.deepEqual(
    told.map(({ usedMs }) => usedMs),
    told.map(({ usedMs }) => usedMs).toSorted((a, b) => a - b),
  );
});

for (const [what, spoil] of [
  [
    "is no database",
    (path: string) => writeFileSync(path, "not a database at all, but long enough to be one".repeat(50)),
  ],
  [
    "is another program's",
    (path: string) => {
      const db = new Database(path);
      db.exec("CREATE TABLE theirs (x)");
      db.close();
    },
  ],
] as const) {
  test(`an index that ${what} is replaced by an empty one, and that is told`, (t) => {
    const path = join(temporaryFolder(t), "index.sqlite");
    spoil(path);
    let reason: string | undefined;
    const index = openStoreIndex(path, (why) => {
      reason = why;
    });
    t.after(() => index.close());
    assert.ok(reason);
    assert.deepEqual(index.totals(), { blobs: 0, storedBytes: 0 });
  });
}
