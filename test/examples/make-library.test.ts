import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseFile } from "music-metadata";
import { decodeAudio, SKIP_WITHOUT_FFMPEG } from "../support/audio-probe.js";

const LIBRARY = fileURLToPath(new URL("../../../examples/library", import.meta.url));
const SCRIPT = fileURLToPath(new URL("../../examples/make-library.js", import.meta.url));
const BROKEN = ["Loose/broken.mp3", "Loose/cut off.flac"];

test("the example library is small", () => {
  const bytes = listFiles(LIBRARY).reduce((sum, path) => sum + statSync(join(LIBRARY, path)).size, 0);
  assert.ok(bytes > 500_000 && bytes < 2_000_000, `${bytes} bytes`);
});

test("all of the example library decodes, but for what is broken on purpose", {
  skip: SKIP_WITHOUT_FFMPEG,
}, () => {
  const failing = listFiles(LIBRARY)
    .filter(isAudio)
    .filter((path) => decodeAudio(join(LIBRARY, path)) !== "");
  assert.deepEqual(failing, BROKEN);
});

test("the script makes the library that is there: the same files and tags", {
  skip: SKIP_WITHOUT_FFMPEG,
}, async () => {
  const dir = mkdtempSync(join(tmpdir(), "musicfs-make-library-"));
  try {
    const { status, stderr } = spawnSync(process.execPath, [SCRIPT, dir], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    assert.deepEqual(listFiles(dir), listFiles(LIBRARY));
    for (const path of listFiles(dir).filter((each) => isAudio(each) && !BROKEN.includes(each))) {
      assert.deepEqual(await readTags(join(dir, path)), await readTags(join(LIBRARY, path)), path);
    }
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("without ffmpeg the script says what to install", () => {
  const { status, stderr } = spawnSync(process.execPath, [SCRIPT, "/nonexistent"], {
    encoding: "utf8",
    env: { PATH: "/nonexistent" },
  });
  assert.equal(status, 1);
  assert.match(stderr, /apt-get install ffmpeg/);
});

async function readTags(path: string) {
  const { title, artist, albumartist, album, year, track, disk, compilation, genre, picture } = (
    await parseFile(path)
  ).common;
  return {
    title,
    artist,
    albumartist,
    album,
    year,
    track,
    disk,
    compilation,
    genre,
    pictures: picture?.length,
  };
}

function isAudio(path: string): boolean {
  return /\.(flac|mp3|m4a|ogg|opus|wav)$/.test(path);
}

function listFiles(dir: string): string[] {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1)).sort();
}
