import assert from "node:assert/strict";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { OriginChange } from "../../../core/hooks.js";
import { type LibraryBench, NEVER, type OpenLibrary, openLibraryBench } from "../../support/library-bench.js";

const LATER_MS = 11 * 60_000;

interface Held extends OpenLibrary {
  readonly bench: LibraryBench;
  readonly changes: OriginChange[];
  /** Lets the removal that is held have been held for so long. */
  age(): void;
  remove(from: number, to: number): void;
}

/** A library of 100 files, scanned. */
async function openScanned(t: TestContext): Promise<Held> {
  const bench = openLibraryBench(t);
  for (let index = 0; index < 100; index += 1) {
    bench.write(`${index % 5}/${index}.mp3`, "mp3", { title: `${index}`, artists: ["Ann"], album: "X" });
  }
  const opened = await bench.open();
  t.after(() => opened.close());
  const changes: OriginChange[] = [];
  opened.hooks.originChanged.for("test").tap((change) => void changes.push(change));
  await opened.library.scan(NEVER);
  assert.equal(opened.tree().length, 100);
  return {
    ...opened,
    bench,
    changes,
    age() {
      const held = opened.catalogue.heldRemoval(1);
      assert.ok(held);
      opened.catalogue.setHeldRemoval(1, { ...held, sinceMs: held.sinceMs - LATER_MS });
    },
    remove(from, to) {
      for (let index = from; index < to; index += 1) rmSync(join(bench.music, `${index % 5}/${index}.mp3`));
    },
  };
}

test("up to a fifth of an origin goes at once; more is held, told, and stays over a restart", async (t) => {
  const { library, tree, remove, changes, bench } = await openScanned(t);
  remove(0, 20);
  await library.rescan({}, NEVER);
  assert.equal(tree().length, 80);
  remove(20, 60);
  const [summary] = await library.rescan({}, NEVER);
  assert.equal(summary?.removed, 0);
  assert.equal(tree().length, 80);
  const held = library.originStatus()[0]?.held;
  assert.deepEqual([held?.files, held?.ofFiles], [40, 80]);
  assert.deepEqual(
    changes.map(({ change, held }) => [change, held?.files]),
    [["health-changed", 40]],
  );
  assert.match(bench.warnings.join("\n"), /40 of 80 files of origin 'music' are missing at once/);
  const next = await bench.scan();
  assert.equal(next.tree.length, 80);
  assert.equal(next.library.originStatus()[0]?.held?.files, 40);
});

test("what is held is released by a listing that is late enough and shows the same", async (t) => {
  const { library, tree, remove, changes, age } = await openScanned(t);
  remove(0, 40);
  await library.rescan({}, NEVER);
  await library.rescan({}, NEVER);
  assert.equal(tree().length, 100, "a second listing at once is no second look");
  age();
  const [summary] = await library.rescan({}, NEVER);
  assert.equal(summary?.removed, 40);
  assert.equal(tree().length, 60);
  assert.equal(library.originStatus()[0]?.held, undefined);
  assert.equal(changes.at(-1)?.held, undefined);
});

test("what is held is not released when much more is missing by then", async (t) => {
  const { library, tree, remove, age } = await openScanned(t);
  remove(0, 40);
  await library.rescan({}, NEVER);
  age();
  remove(40, 80);
  await library.rescan({}, NEVER);
  assert.equal(tree().length, 100);
  assert.equal(library.originStatus()[0]?.held?.files, 80);
  await library.rescan({}, NEVER);
  assert.equal(tree().length, 100, "the wait begins anew");
});

test("what is held is removed when somebody confirms it, and not while the origin cannot be listed", async (t) => {
  const { library, source, tree, remove, bench } = await openScanned(t);
  assert.equal(await library.confirmRemoval(source, NEVER), 0);
  remove(0, 40);
  await library.rescan({}, NEVER);
  renameSync(bench.music, `${bench.music}.away`);
  await assert.rejects(library.confirmRemoval(source, NEVER), { code: "MFS_ORIGIN_UNAVAILABLE" });
  assert.equal(tree().length, 100);
  renameSync(`${bench.music}.away`, bench.music);
  assert.equal(await library.confirmRemoval(source, NEVER), 40);
  assert.equal(tree().length, 60);
});

test("files that are back end the hold", async (t) => {
  const { library, tree, bench } = await openScanned(t);
  renameSync(join(bench.music, "0"), `${bench.music}.0`);
  renameSync(join(bench.music, "1"), `${bench.music}.1`);
  await library.rescan({}, NEVER);
  assert.equal(library.originStatus()[0]?.held?.files, 40);
  renameSync(`${bench.music}.0`, join(bench.music, "0"));
  renameSync(`${bench.music}.1`, join(bench.music, "1"));
  const [summary] = await library.rescan({}, NEVER);
  assert.deepEqual([summary?.added, summary?.changed, summary?.removed], [0, 0, 0]);
  assert.equal(library.originStatus()[0]?.held, undefined);
  assert.equal(tree().length, 100);
});

test("an origin that shows nothing at all is believed only when it is confirmed", async (t) => {
  const { library, source, tree, bench, age } = await openScanned(t);
  rmSync(bench.music, { recursive: true });
  mkdirSync(bench.music);
  await library.rescan({}, NEVER);
  age();
  await library.rescan({}, NEVER);
  assert.equal(tree().length, 100);
  assert.equal(await library.confirmRemoval(source, NEVER), 100);
  assert.deepEqual(tree(), []);
});

test("pieces that go one after the other within a minute are held together", async (t) => {
  const { library, source, tree, remove, catalogue } = await openScanned(t);
  for (let piece = 0; piece < 10; piece += 1) {
    remove(piece * 6, piece * 6 + 6);
    for (let folder = 0; folder < 5; folder += 1) {
      await library.rescan({ source, path: `${folder}` }, NEVER);
    }
  }
  assert.ok(tree().length >= 80, `${tree().length} are left`);
  assert.ok(catalogue.heldRemoval(1));
  const left = tree().length;
  assert.equal(await library.confirmRemoval(source, NEVER), left - 40);
  assert.equal(tree().length, 40);
});

test("a rescan of a path looks there and nowhere else", async (t) => {
  const { library, source, tree, bench, remove } = await openScanned(t);
  remove(0, 2);
  bench.write("0/new.mp3", "mp3", { title: "new", artists: ["Ann"], album: "X" });
  bench.write("1/new.mp3", "mp3", { title: "newer", artists: ["Ann"], album: "X" });
  const [summary] = await library.rescan({ source, path: "/0/" }, NEVER);
  assert.deepEqual([summary?.files, summary?.added, summary?.removed], [20, 1, 1]);
  assert.ok(tree().includes("/Ann/X/new.mp3") && !tree().includes("/Ann/X/newer.mp3"));
  for (const path of ["..", "0/../../etc", "a\0b"]) {
    await assert.rejects(library.rescan({ source, path }, NEVER), { code: "MFS_USAGE" });
  }
  const [one] = await library.rescan({ source, path: "1/new.mp3" }, NEVER);
  assert.deepEqual([one?.files, one?.added, one?.removed], [1, 1, 0]);
});

test("an origin that fails and comes back says so, once", async (t) => {
  const { library, changes, bench, tree } = await openScanned(t);
  renameSync(bench.music, `${bench.music}.away`);
  await library.rescan({}, NEVER);
  await library.rescan({}, NEVER);
  renameSync(`${bench.music}.away`, bench.music);
  await library.rescan({}, NEVER);
  assert.deepEqual(
    changes.map(({ change }) => change),
    ["disconnected", "connected"],
  );
  assert.equal(tree().length, 100);
});
