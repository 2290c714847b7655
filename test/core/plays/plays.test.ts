import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { type Catalogue, openCatalogue } from "../../../core/catalogue/catalogue.js";
import type { FileRow } from "../../../core/catalogue/files.js";
import type { MountAccess } from "../../../core/model/mount-driver.js";
import { isPlay } from "../../../core/plays/is-play.js";
import { openListeningDatabase } from "../../../core/plays/listening-database.js";
import { Plays } from "../../../core/plays/plays.js";
import { silentLogger } from "../../support/loggers.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const NEVER = new AbortController().signal;
const MINUTE_MS = 60_000;

function access(changes: Partial<MountAccess>): MountAccess {
  return { ino: 2, revision: 0, heldMs: 0, copiedBytes: 0, openAtOnce: 1, otherOpens: 0, ...changes };
}

function addFile(catalogue: Catalogue, path: string): FileRow {
  const origin = catalogue.originNumber("music");
  return catalogue.transaction(() => catalogue.files.insert(origin, { path, sizeBytes: 1, mtimeMs: 0 }));
}

test("half of a track, or four minutes of it, is a play; less is not", () => {
  const held = (heldMs: number, durationMs: number | undefined): boolean =>
    isPlay(access({ heldMs }), durationMs);
  assert.equal(held(1.6 * MINUTE_MS, 3 * MINUTE_MS), true);
  assert.equal(held(1.4 * MINUTE_MS, 3 * MINUTE_MS), false);
  assert.equal(held(4 * MINUTE_MS, 90 * MINUTE_MS), true, "an hour and a half");
  assert.equal(held(3.9 * MINUTE_MS, 90 * MINUTE_MS), false);
  assert.equal(held(9_000, 16_000), false, "too short to tell from a slow look");
  assert.equal(held(MINUTE_MS, 5_000), false, "a sound");
  assert.equal(held(3 * MINUTE_MS, undefined), false);
  assert.equal(held(5 * MINUTE_MS, undefined), true);
});

test("who holds many files, or opens many meanwhile, is no listener", () => {
  const heldMs = 3 * MINUTE_MS;
  assert.equal(isPlay(access({ heldMs, openAtOnce: 3, otherOpens: 8 }), heldMs), true);
  assert.equal(isPlay(access({ heldMs, openAtOnce: 16 }), heldMs), false);
  assert.equal(isPlay(access({ heldMs, otherOpens: 500 }), heldMs), false);
});

test("plays are counted, ranked, and kept over a restart", (t) => {
  const folder = temporaryFolder(t);
  const catalogue = openCatalogue(join(folder, "catalogue.sqlite"));
  t.after(() => catalogue.close());
  const [one, two, three] = ["one", "two", "three"].map((path) => addFile(catalogue, path)) as FileRow[];
  assert.ok(one && two && three);
  const first = openListeningDatabase(folder, "A", silentLogger());
  const plays = new Plays(first, catalogue);
  plays.add(two, 100);
  plays.add(one, 200);
  plays.add(two, 150);
  plays.add(three, 50);
  first.close();

  const second = openListeningDatabase(folder, "A", silentLogger());
  t.after(() => second.close());
  const again = new Plays(second, catalogue);
  assert.deepEqual(again.mostPlayed(10), [two.id, one.id, three.id]);
  assert.deepEqual(again.mostPlayed(1), [two.id]);
  assert.deepEqual(again.recentlyPlayed(100, 10), [one.id, two.id]);
  assert.deepEqual(again.of(two.id), { plays: 2, lastMs: 150 });
  catalogue.transaction(() => catalogue.files.remove(two));
  assert.deepEqual(again.mostPlayed(10), [one.id, three.id], "what is gone is passed over");
});

test("plays find their files again when the catalogue is made anew, and when a file moves", async (t) => {
  const folder = temporaryFolder(t);
  const before = openCatalogue(join(folder, "before.sqlite"));
  const moved = addFile(before, "old place");
  const kept = addFile(before, "kept");
  const first = openListeningDatabase(folder, "A", silentLogger());
  const plays = new Plays(first, before);
  plays.add(moved, 1);
  plays.add(kept, 2);
  plays.add(kept, 3);
  before.transaction(() => before.files.update(moved, { path: "old place", sizeBytes: 2, mtimeMs: 0 }));
  first.close();
  before.close();

  const catalogue = openCatalogue(join(folder, "anew.sqlite"));
  for (let count = 0; count < 5; count++) addFile(catalogue, `other ${count}`);
  const found = addFile(catalogue, "kept");
  const second = openListeningDatabase(folder, "B", silentLogger());
  t.after(() => {
    second.close();
    catalogue.close();
  });
  const again = new Plays(second, catalogue);
  assert.deepEqual(again.mostPlayed(10), [], "numbers of another catalogue mean nothing");
  await again.reconcile(NEVER);
  assert.deepEqual(again.mostPlayed(10), [found.id]);
  const late = addFile(catalogue, "old place");
  await again.reconcile(NEVER);
  assert.deepEqual(again.mostPlayed(10), [found.id, late.id], "a file that is scanned later");
});

test("a damaged database is moved aside and told, and counting goes on", (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "listening.sqlite"), "no database ".repeat(500));
  const warnings: string[] = [];
  const db = openListeningDatabase(folder, "A", silentLogger(warnings));
  t.after(() => db.close());
  assert.match(warnings.join(), /moved to .*damaged-/);
  assert.equal(db.prepare("SELECT count(*) FROM plays").pluck().get(), 0);
});
