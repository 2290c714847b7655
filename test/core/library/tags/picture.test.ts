import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockPool, BlockReader } from "#core/library/tags/block-reader.js";
import { readOggPicture } from "#core/library/tags/picture-ogg.js";
import { readTags } from "#core/library/tags/read-tags.js";
import { sniffFormat } from "#core/library/tags/sniff.js";
import { createRandom } from "../../../contracts/random.js";
import { formatApe, writeApe, writeMpc } from "../../../support/audio-rare.js";
import { AUDIO_FORMATS, type AudioFormat, writeAudio } from "../../../support/audio-writer.js";

const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);

function pictureOf(sizeBytes: number): Buffer {
  return Buffer.concat([JPEG, createRandom(sizeBytes).bytes(sizeBytes - JPEG.length)]);
}

function sourceOf(bytes: Buffer) {
  return {
    sizeBytes: bytes.length,
    readAt: (from: number, length: number) => bytes.subarray(from, from + length),
  };
}

/** The bytes that a location in a file stands for. */
async function bytesOf(file: Buffer, picture: NonNullable<Awaited<ReturnType<typeof readTags>>["picture"]>) {
  const { offsetBytes, sizeBytes } = picture;
  if (offsetBytes !== undefined) return file.subarray(offsetBytes, offsetBytes + sizeBytes);
  const reader = new BlockReader(sourceOf(file), new BlockPool());
  const sniffed = await sniffFormat(reader, 0, "x");
  return readOggPicture(reader, sniffed?.ogg?.serial ?? -1, picture);
}

for (const format of AUDIO_FORMATS.filter((each): each is Exclude<AudioFormat, "wav"> => each !== "wav")) {
  for (const sizeBytes of [500, 70_001, 900_000]) {
    test(`a picture of ${sizeBytes} bytes in ${format} is found by its place, with its exact size`, async () => {
      const cover = pictureOf(sizeBytes);
      const tags = { title: "Pictured", artists: ["A"], album: "B" };
      const file = writeAudio(format, tags, {
        cover: { mimeType: "image/jpeg", data: cover },
        paddingBytes: 100,
      });
      const reading = await readTags({ name: `x.${format}`, ...sourceOf(file) });
      assert.equal(reading.problem, undefined);
      assert.equal(reading.tags.title, "Pictured");
      assert.ok(reading.picture);
      assert.deepEqual([reading.picture.type, reading.picture.extension], [3, "jpg"]);
      assert.equal(reading.picture.sizeBytes, sizeBytes);
      assert.ok(cover.equals((await bytesOf(file, reading.picture)) ?? Buffer.alloc(0)));
    });
  }

  test(`what claims to be a picture in ${format} and is none is left alone`, async () => {
    for (const data of [Buffer.from("-->http://example.org/cover.jpg".padEnd(200)), Buffer.alloc(0), JPEG]) {
      const file = writeAudio(format, { title: "T" }, { cover: { mimeType: "image/jpeg", data } });
      const reading = await readTags({ name: `x.${format}`, ...sourceOf(file) });
      assert.equal(reading.picture, undefined);
      assert.equal(reading.tags.title, "T");
    }
  });

  test(`a ${format} that is cut off or changed anywhere never gives a picture beyond its end`, async () => {
    const cover = { mimeType: "image/jpeg", data: pictureOf(3000) } as const;
    const file = writeAudio(format, { title: "T" }, { cover, durationMs: 100 });
    const random = createRandom(21);
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(file.subarray(0, 1 + random.below(file.length)));
      for (let at = 0; at < random.below(8); at++)
        bytes[random.below(Math.min(bytes.length, 4000))] = random.below(256);
      const { picture } = await readTags({ name: `x.${format}`, ...sourceOf(bytes) });
      if (picture?.offsetBytes !== undefined) {
        assert.ok(picture.offsetBytes + picture.sizeBytes <= bytes.length);
      }
    }
  });
}

test("a picture in an APEv2 tag is found, also before an ID3v1 tag and behind an MP3", async () => {
  const tags = { title: "Pictured", artists: ["A"], album: "B" };
  const cover = pictureOf(70_001);
  const id3v1 = Buffer.concat([Buffer.from("TAG", "latin1"), Buffer.alloc(125)]);
  const files: [name: string, file: Buffer][] = [
    ["x.ape", writeApe(tags, cover)],
    ["x.mpc", writeMpc(tags, cover)],
    ["x.ape", Buffer.concat([writeApe(tags, cover), id3v1])],
    ["x.mp3", Buffer.concat([writeAudio("mp3", tags), formatApe(tags, cover)])],
  ];
  for (const [name, file] of files) {
    const { picture } = await readTags({ name, ...sourceOf(file) });
    assert.ok(picture, name);
    assert.deepEqual([picture.type, picture.extension, picture.sizeBytes], [3, "jpg", cover.length]);
    assert.ok(cover.equals((await bytesOf(file, picture)) ?? Buffer.alloc(0)));
  }
});

test("an APEv2 tag that is cut off or lies never gives a picture beyond the end of its file", async () => {
  const file = writeApe({ title: "T" }, pictureOf(3000));
  const random = createRandom(7);
  for (let round = 0; round < 300; round++) {
    const damaged = Buffer.from(file);
    for (let flips = 0; flips < 4; flips++)
      damaged[file.length - 3300 + random.below(3300)] = random.below(256);
    const cut = round % 2 === 0 ? damaged : damaged.subarray(0, file.length - random.below(3300));
    const { picture } = await readTags({ name: "x.ape", ...sourceOf(cut) });
    if (picture?.offsetBytes === undefined) continue;
    assert.ok(picture.offsetBytes + picture.sizeBytes <= cut.length);
  }
});
