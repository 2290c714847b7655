import assert from "node:assert/strict";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { writeMp3 } from "../support/audio-writer.js";
import { writeHostileFiles } from "../support/hostile-files.js";
import { writeHostileNames } from "../support/hostile-names.js";
import { withMount } from "../support/mount.js";
import { DRIVERS } from "../support/mount-config.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { audioBelow, filesBelow, hashesOf } from "../support/tree-files.js";

const TITLES = [
  "a".repeat(300),
  "夜".repeat(120),
  "👩‍🎤".repeat(40),
  "Zo\u00eb",
  "A\u030angstro\u0308m",
  "\u1e9b\u0323",
  "한글",
  "naïve/../..",
  "\u202eright to left",
  "a\u200bzero\ufeffwidth",
];

for (const driver of DRIVERS) {
  test(`${driver}: names of any Unicode and of 255 bytes can be listed, looked up and read`, async (t) => {
    const library = temporaryFolder(t);
    for (const [at, title] of TITLES.entries()) {
      const tags = { title, artists: [title], album: title, trackNumber: at + 1 };
      writeFileSync(join(library, `${at}.mp3`), writeMp3(tags, { seed: at }));
    }
    await withMount({ driver, library }, async ({ mountpoint }) => {
      const shown = await filesBelow(mountpoint);
      assert.deepEqual((await hashesOf(shown)).sort(), (await hashesOf(await filesBelow(library))).sort());
      const lengths = shown.flatMap((path) => path.split("/").map((name) => Buffer.byteLength(name)));
      assert.equal(Math.max(...lengths) > 240, true);
      assert.equal(Math.max(...lengths) <= 255, true);
      for (const path of shown) {
        const relative = path.slice(mountpoint.length);
        assert.equal(relative, relative.normalize("NFC"));
        const { ino } = statSync(path);
        for (const form of ["NFC", "NFD"] as const) {
          const name = mountpoint + relative.normalize(form);
          // A name that is longer than 255 bytes when decomposed can't be asked for at all.
          if (name.split("/").some((part) => Buffer.byteLength(part) > 255)) continue;
          assert.equal(statSync(name).ino, ino, JSON.stringify(relative));
        }
      }
      await assert.rejects(stat(join(mountpoint, "a".repeat(256))), { code: /^(ENAMETOOLONG|ENOENT)$/ });
      await assert.rejects(stat(Buffer.from(`${mountpoint}/\xff\xfe`, "latin1")), { code: "ENOENT" });
    });
  });

  test(`${driver}: files with hostile names, also such that are not UTF-8, are shown and readable`, async (t) => {
    const library = temporaryFolder(t);
    const names = writeHostileNames(join(library, "names"));
    await withMount({ driver, library }, async ({ mountpoint, status }) => {
      const audio = names.filter(({ name }) => /.\.mp3$/i.test(name.toString("latin1")));
      const shown = await filesBelow(mountpoint);
      const originals = audio.map(({ name }) => Buffer.concat([Buffer.from(`${library}/names/`), name]));
      const expected = await Promise.all(originals.map(async (path) => statSync(path).size));
      const sizes = shown.map((path) => statSync(path).size);
      assert.deepEqual(sizes.sort(), expected.sort());
      assert.equal(new Set(await hashesOf(shown)).size, audio.length);
      assert.equal(status.tracks, audio.length);
    });
  });

  test(`${driver}: no hostile file stops the scan, each is shown, and the problems are counted`, async (t) => {
    const library = temporaryFolder(t);
    mkdirSync(join(library, "good"));
    writeFileSync(join(library, "good", "1.mp3"), writeMp3({ title: "Good", artists: ["Good"] }));
    writeHostileFiles(library);
    await withMount({ driver, library }, async ({ mountpoint, status, daemon }) => {
      const originals = await audioBelow(library);
      const shown = await audioBelow(mountpoint);
      assert.deepEqual((await hashesOf(shown)).sort(), (await hashesOf(originals)).sort());
      assert.ok(status.scan.skipped > 10 && status.scan.skipped < originals.length, `${status.scan.skipped}`);
      assert.ok(!/\x1b/.test(daemon.stderr()), "no control characters of a file reach the terminal");
    });
  });
}
