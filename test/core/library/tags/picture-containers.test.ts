import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { readTags } from "#core/library/tags/read-tags.js";
import { createRandom } from "../../../contracts/random.js";
import {
  asfObject,
  ENCODED_FORMATS,
  encodeAudio,
  pictureValue,
  withAsfPictures,
} from "../../../support/audio-encoded.js";
import { writeMatroska } from "../../../support/audio-matroska.js";
import { SKIP_WITHOUT_FFMPEG } from "../../../support/audio-probe.js";
import { temporaryFolder } from "../../../support/temporary-folder.js";

const TAGS = { title: "Pictured", artists: ["A"], album: "B" };
const JPEG = Buffer.from([0xff, 0xd8, 0xff, 0xe0]);
const skip = SKIP_WITHOUT_FFMPEG;

function pictureOf(sizeBytes: number): Buffer {
  return Buffer.concat([JPEG, createRandom(sizeBytes).bytes(sizeBytes - JPEG.length)]);
}

/** Reads the tags of bytes, counting how many of them are read. */
async function read(name: string, bytes: Buffer) {
  let bytesRead = 0;
  const readAt = (from: number, length: number): Buffer => {
    bytesRead += length;
    return bytes.subarray(from, from + length);
  };
  return { ...(await readTags({ name, sizeBytes: bytes.length, readAt })), bytesRead };
}

async function assertPictured(name: string, bytes: Buffer, cover: Buffer): Promise<number> {
  const { picture, problem, tags, bytesRead } = await read(name, bytes);
  assert.equal(problem, undefined);
  assert.equal(tags.title, "Pictured");
  assert.deepEqual([picture?.type, picture?.extension, picture?.sizeBytes], [3, "jpg", cover.length]);
  const at = picture?.offsetBytes ?? 0;
  assert.ok(cover.equals(bytes.subarray(at, at + cover.length)));
  return bytesRead;
}

for (const format of ENCODED_FORMATS) {
  for (const sizeBytes of [500, 70_001, 1_500_000]) {
    test(`a picture of ${sizeBytes} bytes in a ${format} of an encoder is found by its place`, {
      skip,
    }, async (t) => {
      const cover = pictureOf(sizeBytes);
      const bytes = encodeAudio(temporaryFolder(t), format, TAGS, [{ data: cover }]);
      const bytesRead = await assertPictured(`x.${format}`, bytes, cover);
      assert.ok(bytesRead < 400_000, `${bytesRead} bytes were read`);
    });
  }

  test(`ffprobe finds that picture in a ${format}, too`, { skip }, (t) => {
    const folder = temporaryFolder(t);
    const source = ["-f", "lavfi", "-i", "testsrc=size=96x64:rate=1", "-frames:v", "1"];
    const picture = ["-v", "error", ...source, "-f", "mjpeg", "-"];
    const data = execFileSync("ffmpeg", picture);
    const path = join(folder, `probed.${format}`);
    writeFileSync(path, encodeAudio(folder, format, TAGS, [{ data }]));
    const entries = ["-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0", path];
    const probed = execFileSync("ffprobe", ["-v", "error", ...entries], { encoding: "utf8" });
    assert.match(probed, /^mjpeg,96,64$/m);
  });

  test(`a ${format} that is cut off or changed anywhere never gives a picture beyond its end`, {
    skip,
  }, async (t) => {
    const file = encodeAudio(temporaryFolder(t), format, TAGS, [{ data: pictureOf(3000) }]);
    const random = createRandom(5);
    const places = [0, file.length - 4000];
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(round % 2 === 0 ? file : file.subarray(0, 1 + random.below(file.length)));
      for (let flips = random.below(6); flips > 0; flips--) {
        const at = Math.max(0, places[random.below(2)] ?? 0) + random.below(4000);
        if (at < bytes.length) bytes[at] = random.below(256);
      }
      const { picture } = await read(`x.${format}`, bytes);
      if (picture?.offsetBytes === undefined) continue;
      assert.ok(picture.offsetBytes + picture.sizeBytes <= bytes.length);
    }
  });
}

test("of the attachments of a Matroska the one that is named as a cover comes first", { skip }, async (t) => {
  const front = pictureOf(2000);
  const others = ["back.jpg", "small_cover.jpg", "notes.txt"].map((name, at) => ({
    name,
    data: pictureOf(900 + at),
  }));
  const pictures = [...others, { name: "Cover.jpg", data: front }];
  const bytes = encodeAudio(temporaryFolder(t), "mka", TAGS, pictures);
  await assertPictured("x.mka", bytes, front);
});

test("a WMA has its picture also in the extended content, beside a back cover in the metadata library", {
  skip,
}, async (t) => {
  const front = pictureOf(3000);
  const bytes = encodeAudio(temporaryFolder(t), "wma", TAGS);
  const name = Buffer.from("WM/Picture\0", "utf16le");
  const value = pictureValue(3, front);
  const head = [1, name.length].map(uint16);
  const content = asfObject(
    "40a4d0d207e3d21197f000a0c95ea850",
    Buffer.concat([...head, name, uint16(1), uint16(value.length), value]),
  );
  const grown = Buffer.concat([bytes.subarray(0, 30), content, bytes.subarray(30)]);
  grown.writeBigUInt64LE(grown.readBigUInt64LE(16) + BigInt(content.length), 16);
  grown.writeUInt32LE(grown.readUInt32LE(24) + 1, 24);
  const both = withAsfPictures(grown, [{ data: pictureOf(800) }]);
  // The one of the library becomes that of the back.
  both[both.indexOf(pictureValue(3, pictureOf(800)))] = 4;
  await assertPictured("x.wma", both, front);
});

for (const hasSeekHead of [true, false]) {
  test(`tags and cover behind the audio of a Matroska ${hasSeekHead ? "with" : "without"} a SeekHead are found`, async () => {
    const picture = pictureOf(300_000);
    const clusters = Array.from({ length: 100 }, () => 500_000);
    const bytes = writeMatroska({ title: "Pictured", picture, clusters, hasSeekHead });
    const bytesRead = await assertPictured("x.mka", bytes, picture);
    const most = hasSeekHead ? 400_000 : 100 * 65_536 + 400_000;
    assert.ok(bytesRead < most, `${bytesRead} of ${bytes.length} bytes were read`);
  });
}

test("a SeekHead that names itself, or places that are none, ends", async () => {
  const picture = pictureOf(500);
  const bytes = writeMatroska({ title: "Pictured", picture, clusters: [100], hasSeekHead: true });
  const random = createRandom(11);
  const positions = [...bytes.toString("latin1").matchAll(/\x53\xac/g)].map(({ index }) => index + 10);
  assert.equal(positions.length, 2);
  for (let round = 0; round < 300; round++) {
    for (const at of positions) bytes.writeBigUInt64BE(BigInt(random.below(round < 150 ? 400 : 2 ** 31)), at);
    const { audio } = await read("x.mka", bytes);
    assert.equal(audio.sampleRateHz, 48_000);
  }
});

function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}
