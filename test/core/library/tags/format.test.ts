import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockPool, BlockReader } from "#core/library/tags/block-reader.js";
import { extensionOf, FORMATS, isAudioName } from "#core/library/tags/format.js";
import { sniffFormat } from "#core/library/tags/sniff.js";
import { writeMp3 } from "../../../support/audio-writer.js";

test("music is told from the rest by its extension, in any case", () => {
  for (const path of [
    "a.mp3",
    "Artist/Album/01 Title.FLAC",
    "a.b/c.m4b",
    ".hidden.ogg",
    "a.dsf",
    "a.Wv",
    "a.tak",
  ]) {
    assert.equal(isAudioName(path), true, path);
  }
  for (const path of [
    "cover.jpg",
    "mp3",
    "album.mp3/booklet.pdf",
    "a.mid",
    "a.mp3.part",
    ".mp3",
    "a/._b.mp3",
    "",
  ]) {
    assert.equal(isAudioName(path), false, path);
  }
});

test("every format's own extension is one that is taken for music", () => {
  for (const { extension } of Object.values(FORMATS)) {
    if (extension !== "ogv" && extension !== "mov")
      assert.equal(isAudioName(`a.${extension}`), true, extension);
  }
});

test("an extension is what follows the last dot of the name", () => {
  assert.equal(extensionOf("a.b/c"), "");
  assert.equal(extensionOf("a.tar.GZ"), "gz");
  assert.equal(extensionOf(".config"), "");
});

function sniff(bytes: Uint8Array) {
  const source = {
    sizeBytes: bytes.length,
    readAt: (from: number, length: number) => bytes.subarray(from, from + length),
  };
  return sniffFormat(new BlockReader(source, new BlockPool()), 0, "a");
}

test("an MP3 is found behind what it does not begin with, within 64 KiB", async () => {
  const mp3 = writeMp3({});
  for (const junkBytes of [0, 1, 417, 5000, 60_000]) {
    const sniffed = await sniff(Buffer.concat([Buffer.alloc(junkBytes), mp3]));
    assert.equal(sniffed?.format.extension, "mp3", `${junkBytes} bytes before it`);
  }
});

test("a sync word that nothing follows is chance", async () => {
  const bytes = Buffer.alloc(10_000, 0x55);
  bytes.set([0xff, 0xfb, 0x90, 0x00], 100);
  assert.equal(await sniff(bytes), undefined);
});

test("formats are told by their first bytes", async () => {
  const heads: Readonly<Record<string, string>> = {
    flac: "fLaC",
    ape: "MAC ",
    wv: "wvpk",
    dsf: "DSD ",
    dff: "FRM8",
    mpc: "MP+\x07",
    tta: "TTA1",
    tak: "tBaK",
    wav: "RF64\xff\xff\xff\xffWAVE",
    aiff: "FORM\0\0\0\0AIFC",
    m4a: "\0\0\0\x20ftypisom",
    m4b: "\0\0\0\x20ftypM4B ",
    wma: "\x30\x26\xb2\x75\x8e\x66\xcf\x11",
    mka: "\x1aE\xdf\xa3\x93\x42\x82\x88matroska",
    webm: "\x1aE\xdf\xa3\x93\x42\x82\x84webm",
  };
  for (const [extension, head] of Object.entries(heads)) {
    const sniffed = await sniff(Buffer.concat([Buffer.from(head, "latin1"), Buffer.alloc(100)]));
    assert.equal(sniffed?.format.extension, extension);
  }
});
