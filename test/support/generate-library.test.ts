import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parseFile } from "music-metadata";
import { decodeAudio, measureAudio, SKIP_WITHOUT_FFMPEG } from "./audio-probe.js";
import { AUDIO_FORMATS, type AudioTags, type Cover, writeAudio, writeFlac } from "./audio-writer.js";
import { generateFolderOf, generateLibrary, generateTracks } from "./generate-library.js";
import { writeHostileFiles } from "./hostile-files.js";
import { writeHostileNames } from "./hostile-names.js";
import { HOSTILE_TEXTS } from "./hostile-tags.js";

const work = mkdtempSync(join(tmpdir(), "musicfs-generate-"));
after(() => rmSync(work, { recursive: true }));

const TAGS: AudioTags = {
  title: "Tïtle 夜 🌊",
  artists: ["First", "Zweite"],
  albumArtists: ["Various Artists"],
  album: "Cafe\u0301",
  trackNumber: 3,
  trackTotal: 12,
  discNumber: 1,
  discTotal: 2,
  year: 1999,
  originalDate: "1973-03-01",
  genres: ["Folk", "Dub"],
  composers: ["Somebody"],
  label: "Small Label",
  comment: "A comment",
  compilation: true,
};

const COVER: Cover = {
  mimeType: "image/jpeg",
  data: readFileSync(
    fileURLToPath(
      new URL("../../../examples/library/Marrow & Finch/Salt Lanterns/cover.jpg", import.meta.url),
    ),
  ),
};

const RICH = { durationMs: 3000, seed: 7, cover: COVER, paddingBytes: 100_000 };

function writeSample(format: (typeof AUDIO_FORMATS)[number], name: string, options = {}): string {
  const path = join(work, `${name}.${format}`);
  writeFileSync(path, writeAudio(format, TAGS, options));
  return path;
}

describe("a written audio file", () => {
  for (const format of AUDIO_FORMATS) {
    test(`${format}: every tag and the cover read back`, async () => {
      const { common } = await parseFile(writeSample(format, "rich", RICH));
      assert.deepEqual(
        {
          title: common.title,
          artists: common.artists,
          albumArtists: common.albumartists,
          album: common.album,
          trackNumber: common.track.no,
          trackTotal: common.track.of,
          discNumber: common.disk.no,
          discTotal: common.disk.of,
          year: common.year,
          originalDate: common.originaldate,
          genres: common.genre,
          composers: common.composer,
          label: common.label?.[0],
          comment: common.comment?.[0]?.text,
          compilation: common.compilation,
        },
        TAGS,
      );
      const [picture] = common.picture ?? [];
      assert.equal(picture?.format, COVER.mimeType);
      assert.deepEqual(Buffer.from(picture?.data ?? []), Buffer.from(COVER.data));
    });

    test(`${format}: decodes without a complaint, for as long as it should`, {
      skip: SKIP_WITHOUT_FFMPEG,
    }, () => {
      for (const [name, options, seconds] of [
        ["plain", {}, 0.5],
        ["rich", RICH, 3],
      ] as const) {
        const path = writeSample(format, name, options);
        assert.equal(decodeAudio(path), "");
        const { samples, sampleRateHz } = measureAudio(path);
        const longestFrameSeconds = 0.03;
        assert.ok(
          Math.abs(samples / sampleRateHz - seconds) < longestFrameSeconds,
          `${path}: ${samples} samples`,
        );
      }
    });

    test(`${format}: a seed changes the bytes, the same seed doesn't`, () => {
      const [first, again, other] = [1, 1, 2].map((seed) => writeAudio(format, TAGS, { seed }));
      assert.deepEqual(first, again);
      assert.notDeepEqual(first, other);
    });
  }

  test("a FLAC of more frames than a byte counts decodes to the end", { skip: SKIP_WITHOUT_FFMPEG }, () => {
    const path = join(work, "long.flac");
    writeFileSync(path, writeFlac(TAGS, { durationMs: 1_100_000 }));
    assert.equal(decodeAudio(path), "");
    assert.equal(measureAudio(path).samples, 8_800_000);
  });
});

describe("a generated library", () => {
  test("is the same in every run, and another one for another seed", () => {
    const [first, again, other] = [5, 5, 6].map((seed, run) => {
      const dir = join(work, `library-${run}`);
      generateLibrary(dir, { files: 240, seed });
      return hashTree(dir);
    });
    assert.deepEqual(first, again);
    assert.notDeepEqual(first, other);
  });

  test("has as many files and bytes as it says, no two of them alike", () => {
    const dir = join(work, "counted");
    const { files, bytes } = generateLibrary(dir, { files: 1234, seed: 3 });
    const hashes = hashTree(dir);
    assert.equal(files, 1234);
    assert.equal(hashes.size, 1234);
    assert.equal(new Set(hashes.values()).size, 1234);
    const sizes = [...hashes.keys()].map((path) => readFileSync(join(dir, path)).length);
    assert.equal(
      bytes,
      sizes.reduce((sum, size) => sum + size, 0),
    );
  });

  test("carries the tags that its paths promise, in every format", async () => {
    const options = { files: 360, seed: 3 };
    const dir = join(work, "tagged");
    generateLibrary(dir, options);
    const seen = new Set<string>();
    for (const { path, format, tags } of generateTracks(options)) {
      seen.add(format);
      const { common } = await parseFile(join(dir, path), { skipCovers: true });
      assert.deepEqual(
        [
          common.title,
          common.artists,
          common.albumartist,
          common.album,
          common.track.no,
          common.disk.no,
          common.year,
        ],
        [
          tags.title,
          tags.artists,
          tags.albumArtists?.[0],
          tags.album,
          tags.trackNumber,
          tags.discNumber ?? null,
          tags.year,
        ],
        path,
      );
      assert.equal(common.compilation ?? false, tags.compilation, path);
    }
    assert.deepEqual([...seen].sort(), [...AUDIO_FORMATS].sort());
  });

  test("takes the formats and sizes it is asked for", () => {
    const tracks = [
      ...generateTracks({ files: 60, formats: ["opus"], albumsPerArtist: 2, tracksPerAlbum: 5 }),
    ];
    const folders = new Set(tracks.map(({ path }) => path.slice(0, path.lastIndexOf("/"))));
    const artists = new Set(tracks.map(({ path }) => path.slice(0, path.indexOf("/"))));
    assert.deepEqual([tracks.length, folders.size, artists.size], [60, 12, 6]);
    assert.ok(tracks.every(({ format, path }) => format === "opus" && path.endsWith(".opus")));
  });

  test("of one folder has as many entries as asked for", async () => {
    const dir = join(work, "folder");
    generateFolderOf(dir, 3000);
    const names = readdirSync(dir).sort();
    assert.equal(names.length, 3000);
    const { common } = await parseFile(join(dir, names[2999] ?? ""));
    assert.equal(common.title, "Track 0003000");
  });
});

describe("the hostile files", () => {
  test("are on the disk as the list tells, each with its reason", () => {
    const dir = join(work, "hostile");
    const files = writeHostileFiles(dir);
    assert.deepEqual(files.map(({ path }) => path).sort(), [...hashTree(dir).keys()].sort());
    assert.ok(files.every(({ why }) => why.length > 0));
  });

  test("hold their texts unharmed, so that a reader meets them", async () => {
    const path = join(work, "text.flac");
    for (const { text } of HOSTILE_TEXTS.filter(({ label }) => label !== "empty")) {
      writeFileSync(path, writeFlac({ title: text }));
      const { common } = await parseFile(path);
      assert.equal(common.title, text);
    }
  });

  test("have hostile names, byte for byte", () => {
    const dir = join(work, "names");
    const written = writeHostileNames(dir).map(({ name }) => name.toString("hex"));
    const found = readdirSync(dir, { encoding: "buffer" }).map((name) => name.toString("hex"));
    assert.deepEqual(found.sort(), written.sort());
  });
});

function hashTree(dir: string): Map<string, string> {
  const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1)).sort();
  return new Map(
    paths.map((path) => [
      path,
      createHash("sha256")
        .update(readFileSync(join(dir, path)))
        .digest("hex"),
    ]),
  );
}
