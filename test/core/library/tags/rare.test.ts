import assert from "node:assert/strict";
import { test } from "node:test";
import { readTags } from "#core/library/tags/read-tags.js";
import type { AudioTags } from "../../../support/audio-options.js";
import { formatUnsynchronised, writeApe, writeDff, writeDsf, writeMpc } from "../../../support/audio-rare.js";
import { writeM4a, writeMp3 } from "../../../support/audio-writer.js";

const TAGS: AudioTags = { title: "Nachtzug", artists: ["Ilse Varga"], album: "Winter" };

function read(bytes: Buffer, name = "x") {
  let bytesRead = 0;
  const readAt = (from: number, length: number): Uint8Array => {
    bytesRead += length;
    return bytes.subarray(from, from + length);
  };
  return readTags({ name, sizeBytes: bytes.length, readAt }).then((reading) => ({ ...reading, bytesRead }));
}

for (const [format, write] of Object.entries({
  dsf: writeDsf,
  dff: writeDff,
  ape: writeApe,
  mpc: writeMpc,
})) {
  test(`${format} is told by its content, with its tags`, async () => {
    const { tags, audio } = await read(write(TAGS));
    assert.equal(audio.format, format);
    assert.deepEqual([tags.title, tags.artists, tags.album], ["Nachtzug", ["Ilse Varga"], "Winter"]);
  });
}

test("an ID3v2.3 tag that was unsynchronised says what it said before", async () => {
  // UTF-16 has a mark of 0xff 0xfe, which every tagger that unsynchronises had to take apart.
  const text = (value: string): Buffer =>
    Buffer.concat([Buffer.from([1]), Buffer.from(`\ufeff${value}`, "utf16le")]);
  const tag = formatUnsynchronised([
    ["TIT2", text("ÿ Größe ÿ")],
    ["TPE1", text("Björk")],
    ["TALB", text("Ünder")],
  ]);
  const { tags, audio, problem } = await read(Buffer.concat([tag, writeMp3({})]), "x.mp3");
  assert.deepEqual([tags.title, tags.artists, tags.album], ["ÿ Größe ÿ", ["Björk"], "Ünder"]);
  assert.equal(audio.format, "mp3");
  assert.equal(problem, undefined);
});

test("the end of a long audiobook is jumped to, not read through", async () => {
  const book = writeM4a({ title: "Kapitel" }, { durationMs: 60_000 });
  // `mdat` with the audio first, `moov` with the tags last.
  const padded = Buffer.concat([
    book.subarray(0, book.indexOf("mdat", 0, "latin1") - 4),
    freeAtom(20_000_000),
    book.subarray(book.indexOf("mdat", 0, "latin1") - 4),
  ]);
  const { tags, bytesRead } = await read(padded, "x.m4b");
  assert.equal(tags.title, "Kapitel");
  assert.ok(bytesRead < 1_000_000, `${bytesRead} bytes read of ${padded.length}`);
});

function freeAtom(sizeBytes: number): Buffer {
  const atom = Buffer.alloc(sizeBytes);
  atom.writeUInt32BE(sizeBytes, 0);
  atom.write("free", 4, "latin1");
  return atom;
}
