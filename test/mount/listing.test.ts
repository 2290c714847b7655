import assert from "node:assert/strict";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, opendir, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { writeMp3 } from "../support/audio-writer.js";
import { withInstance } from "../support/mount.js";
import { DRIVERS } from "../support/mount-config.js";
import { run, until } from "../support/process.js";

const ENTRIES = 100_000;
/** Between two listings, so that the scan gets on. */
const PAUSE_MS = 150;
let library = "";

before(async () => {
  library = await mkdtemp(join(tmpdir(), "musicfs-test-many-"));
  mkdirSync(join(library, "Many"));
  const untagged = writeMp3({ artists: [] }, { durationMs: 20 });
  for (let at = 0; at < ENTRIES; at += 1) writeFileSync(join(library, "Many", `track ${at}.mp3`), untagged);
});

after(() => rmSync(library, { recursive: true, force: true }));

for (const driver of DRIVERS) {
  test(`${driver}: a folder of ${ENTRIES} entries is listed rightly, also while it fills`, async () => {
    await withInstance({ driver, library }, async (instance) => {
      const daemon = await instance.start();
      const folder = join(instance.mountpoint, "Many");
      await until("the folder appears", async () => (await readdir(instance.mountpoint)).includes("Many"));
      let isOver = false;
      const scanned = daemon.scanned().finally(() => {
        isOver = true;
      });
      const lists = [await namesIn(folder)];
      while (!isOver) {
        await delay(PAUSE_MS);
        lists.push(await namesIn(folder));
        assertNoHoles(lists.splice(0, lists.length - 2)[0], lists[0]);
      }
      assert.equal((await scanned).tracks, ENTRIES);
      const names = await until("a complete listing", async () => {
        const all = await namesIn(folder);
        return all.size === ENTRIES ? all : undefined;
      });
      for (let at = 0; at < ENTRIES; at += 1) assert.ok(names.has(`track ${at}.mp3`), `track ${at}`);
      const { stdout } = await run(["find", folder, "-type", "f", "-name", "*.mp3", "-size", "+0"]);
      assert.equal(stdout.trimEnd().split("\n").length, ENTRIES);
      assert.equal((await daemon.stop()).code, 0);
    });
  });
}

/** The names of one listing. @throws when one comes twice. */
async function namesIn(folder: string): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const { name } of await opendir(folder, { bufferSize: 1024 })) {
    assert.ok(!names.has(name), `'${name}' came twice`);
    names.add(name);
  }
  return names;
}

/**
 * Nothing is taken away while the folder fills, so a listing holds what an earlier one did. For the moment
 * between a commit and the kernel's hearing of it, the kernel may still show what it kept of the state before:
 * then the newest names are missing, which a listing gives last, and no other.
 */
function assertNoHoles(earlier: Set<string> | undefined, later: Set<string> | undefined): void {
  if (!earlier || !later) return;
  const names = [...earlier];
  const firstMissing = names.findIndex((name) => !later.has(name));
  const missing = firstMissing < 0 ? [] : names.slice(firstMissing);
  const hole = missing.find((name) => later.has(name));
  assert.equal(hole, undefined, `'${missing[0]}' was left out; ${earlier.size}, then ${later.size} names`);
}
