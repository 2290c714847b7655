import assert from "node:assert/strict";
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { IndexFile } from "../../../core/store/index-file.js";
import { silentLogger } from "../../support/loggers.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

function openIn(folder: string): IndexFile {
  return new IndexFile({
    folder,
    blobsFolder: join(folder, "blobs"),
    library: "tested",
    log: silentLogger(),
    opened: () => undefined,
  });
}

test("where no other index can be opened, the one before still answers, and is replaced later", (t) => {
  const folder = join(temporaryFolder(t), "store");
  const file = openIn(folder);
  t.after(() => file.current.close());
  assert.equal(file.isGone, false);
  renameSync(folder, `${folder}.away`);
  writeFileSync(folder, "no folder");
  assert.equal(file.isGone, true);
  assert.throws(() => file.openAnew(false));
  assert.equal(file.current.totals().storedBytes, 0);
  assert.equal(file.isGone, true);
  rmSync(folder);
  file.openAnew(false);
  assert.equal(file.isGone, false);
  assert.ok(existsSync(join(folder, "index.sqlite")));
  assert.equal(file.current.totals().storedBytes, 0);
});

test("a folder that comes back is taken with what its index has, also what is in its log only", (t) => {
  const folder = join(temporaryFolder(t), "store");
  const file = openIn(folder);
  t.after(() => file.current.close());
  const version = { originId: "nas", file: { path: "a.flac", sizeBytes: 1000, mtimeMs: 1 } };
  file.current.insert(version, 1);
  renameSync(folder, `${folder}.away`);
  file.openAnew(false);
  assert.equal(file.current.lastId(), 0);
  rmSync(folder, { recursive: true });
  renameSync(`${folder}.away`, folder);
  file.openAnew(false);
  assert.equal(file.current.lastId(), 1);
});
