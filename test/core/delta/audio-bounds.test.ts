import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { type AudioBounds, findAudio } from "#core/delta/audio-bounds.js";
import type { FileView } from "#core/delta/file-view.js";
import { formatId3 } from "../../support/audio-id3.js";
import { createRandom } from "../../support/audio-noise.js";
import { writeApe, writeDff, writeDsf, writeMpc } from "../../support/audio-rare.js";
import { AUDIO_FORMATS, type AudioTags, type Cover, writeAudio } from "../../support/audio-writer.js";
import { writeHostileFiles } from "../../support/hostile-files.js";

const BEFORE: AudioTags = { title: "Before", artists: ["Somebody"], album: "An Album" };
const AFTER: AudioTags = { ...BEFORE, title: "A title that is longer than the one before", comment: "…" };
const COVER: Cover = {
  mimeType: "image/png",
  data: Buffer.from(`\x89PNG\r\n\x1a\n${"x".repeat(2000)}`, "latin1"),
};

describe("the audio of a file", () => {
  for (const format of AUDIO_FORMATS) {
    test(`${format}: is found behind other tags, and nothing else is`, async () => {
      const before = writeAudio(format, BEFORE, { durationMs: 2000 });
      const after = writeAudio(format, AFTER, { durationMs: 2000, paddingBytes: 1234 });
      const [one, other] = [await audioOf(before), await audioOf(after)];
      assert.ok(one.bytes.equals(other.bytes));
      assert.equal(one.bounds.says, other.bounds.says);
      assert.ok(one.bytes.length > before.length / 2);
      assert.notEqual(before.length, after.length);
      const another = await audioOf(writeAudio(format, BEFORE, { durationMs: 2000, seed: 2 }));
      assert.ok(!another.bytes.equals(one.bytes));
    });
  }

  test("a FLAC says what its samples come to; two with other samples say something else", async () => {
    const says = async (seed: number): Promise<AudioBounds> =>
      (await audioOf(writeAudio("flac", BEFORE, { seed }))).bounds;
    assert.equal((await says(1)).hasChecksum, true);
    assert.notEqual((await says(1)).says, (await says(2)).says);
  });

  test("a FLAC of which nobody took the MD5 has no checksum", async () => {
    const flac = writeAudio("flac", BEFORE);
    flac.fill(0, 4 + 4 + 18, 4 + 4 + 34);
    assert.equal((await audioOf(flac)).bounds.hasChecksum, false);
  });

  test("an Ogg whose tags take more pages says so, since all its pages have other numbers then", async () => {
    const before = await audioOf(writeAudio("ogg", BEFORE));
    const cover: Cover = { mimeType: "image/png", data: Buffer.alloc(80_000, 1) };
    const after = await audioOf(writeAudio("ogg", BEFORE, { cover }));
    assert.equal(after.bytes.length, before.bytes.length);
    assert.notEqual(after.bounds.says, before.bounds.says);
  });

  test("an MP3 may have tags at both ends, one behind the other", async () => {
    const plain = await audioOf(writeAudio("mp3", {}));
    const id3v1 = Buffer.alloc(128);
    id3v1.write("TAG", "latin1");
    const ape = writeApe(BEFORE).subarray(52 + 24 + 2000);
    const lyrics = Buffer.from("LYRICSBEGININD0000200000017LYRICS200", "latin1");
    lyrics.write("000021", lyrics.length - 15, "latin1");
    const ends = [Buffer.concat([ape, id3v1]), Buffer.concat([ape, lyrics, id3v1]), ape, id3v1];
    for (const end of ends) {
      const tagged = Buffer.concat([formatId3(AFTER), formatId3(BEFORE, COVER), plain.bytes, end]);
      assert.ok((await audioOf(tagged)).bytes.equals(plain.bytes));
    }
  });

  for (const [name, write] of Object.entries({ writeApe, writeDff, writeDsf, writeMpc })) {
    test(`${name}: is found behind other tags`, async () => {
      const [one, other] = [await audioOf(write(BEFORE)), await audioOf(write(AFTER))];
      assert.ok(one.bytes.equals(other.bytes));
      assert.equal(one.bounds.says, other.bounds.says);
    });
  }

  test("an MP4 whose movie stands behind its media is read, too", async () => {
    const file = writeAudio("m4a", BEFORE);
    const movieAt = file.indexOf("moov") - 4;
    const mediaAt = file.indexOf("mdat") - 4;
    const turned = Buffer.concat([
      file.subarray(0, movieAt),
      file.subarray(mediaAt),
      file.subarray(movieAt, mediaAt),
    ]);
    assert.ok((await audioOf(turned)).bytes.equals((await audioOf(file)).bytes));
  });

  test("a WAV of more than 4 GiB says its size elsewhere", async () => {
    const file = writeAudio("wav", BEFORE);
    const dataAt = file.indexOf("data");
    const length = file.readUInt32LE(dataAt + 4);
    const sizes = Buffer.alloc(8 + 28);
    sizes.write("ds64", "latin1");
    sizes.writeUInt32LE(28, 4);
    sizes.writeBigUInt64LE(BigInt(length), 16);
    file.write("RF64", 0, "latin1");
    file.writeUInt32LE(0xffffffff, dataAt + 4);
    const long = Buffer.concat([file.subarray(0, 12), sizes, file.subarray(12)]);
    assert.ok((await audioOf(long)).bytes.equals(file.subarray(dataAt + 8, dataAt + 8 + length)));
  });
});

describe("a hostile file", () => {
  test("never makes it throw, look outside of the file, or look without end", async () => {
    const folder = mkdtempSync(join(tmpdir(), "musicfs-bounds-"));
    try {
      for (const { path } of writeHostileFiles(folder))
        await expectSane(readFileSync(join(folder, path)), path);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("nor does one with any bytes in its headers changed", async () => {
    const random = createRandom(5);
    for (const format of AUDIO_FORMATS) {
      const file = writeAudio(format, AFTER, { durationMs: 300, cover: COVER, paddingBytes: 100 });
      for (let round = 0; round < 300; round += 1) {
        const changed = Buffer.from(file);
        for (let change = 0; change < 3; change += 1) {
          const near = random() % 2 === 0 ? 64 : Math.min(4000, file.length);
          const at = random() % near;
          changed[random() % 4 === 0 ? file.length - 1 - at : at] =
            [0, 1, 0x7f, 0x80, 0xff][random() % 5] ?? 0;
        }
        await expectSane(changed, `${format}, round ${round}`);
      }
    }
  });
});

async function expectSane(content: Buffer, name: string): Promise<void> {
  let reads = 0;
  const bounds = await findAudio(viewOf(content, () => reads++));
  assert.ok(reads <= 5000, `${reads} reads of ${name}`);
  if (!bounds) return;
  assert.ok(bounds.offsetBytes >= 0 && bounds.lengthBytes > 0, name);
  assert.ok(bounds.offsetBytes + bounds.lengthBytes <= content.length, name);
}

async function audioOf(content: Buffer): Promise<{ bounds: AudioBounds; bytes: Buffer }> {
  const bounds = await findAudio(viewOf(content));
  assert.ok(bounds);
  const { offsetBytes, lengthBytes } = bounds;
  return { bounds, bytes: content.subarray(offsetBytes, offsetBytes + lengthBytes) };
}

function viewOf(content: Buffer, onRead: () => void = () => undefined): FileView {
  return {
    sizeBytes: content.length,
    async read(offsetBytes, lengthBytes) {
      assert.ok(offsetBytes >= 0 && lengthBytes >= 0);
      onRead();
      return content.subarray(offsetBytes, offsetBytes + lengthBytes);
    },
  };
}
