import { deflateSync } from "node:zlib";
import { formatFrame, formatId3, formatId3Header, textBody } from "./audio-id3.js";
import { uint32s } from "./audio-m4a-atoms.js";
import { writeMp3 } from "./audio-writer.js";
import type { HostileCase } from "./hostile-files.js";

/** The largest size that four bytes of seven bits hold: 256 MiB less one. */
const MAX_TAG_BYTES = 2 ** 28 - 1;
const AUDIO = writeMp3({}).subarray(10);

/** MP3 files whose tags lie, flood or explode. */
export const HOSTILE_ID3: readonly HostileCase[] = [
  {
    path: "id3/size-past-end.mp3",
    why: "the tag claims 256 MiB in a file of 1 KiB",
    bytes: () =>
      Buffer.concat([
        formatId3Header(MAX_TAG_BYTES),
        formatFrame("TIT2", textBody("Kept?")),
        Buffer.alloc(1000),
      ]),
  },
  {
    path: "id3/frame-of-4-gib.mp3",
    why: "a title that claims 4 GiB",
    bytes: () => tagged(Buffer.concat([formatFrame("TIT2", textBody("A".repeat(500)), uint32s(0xffffffff))])),
  },
  {
    path: "id3/200000-frames.mp3",
    why: "200,000 text frames, 2.8 MB",
    bytes: () => tagged(Buffer.concat(new Array(200_000).fill(formatFrame("TXXX", textBody("a\0b"))))),
  },
  {
    path: "id3/20000-pictures.mp3",
    why: "20,000 empty pictures",
    bytes: () =>
      tagged(
        Buffer.concat(
          new Array(20_000).fill(formatFrame("APIC", Buffer.from("\0image/png\0\x03\0", "latin1"))),
        ),
      ),
  },
  {
    path: "id3/10000-tags.mp3",
    why: "10,000 tags, one after the other",
    bytes: () => Buffer.concat([...new Array(10_000).fill(formatId3({ title: "Again" })), AUDIO]),
  },
  {
    path: "id3/compressed-bomb.mp3",
    why: "a comment of 32 KiB that inflates to 32 MiB",
    bytes: compressedBomb,
  },
  {
    path: "id3/truncated-utf16.mp3",
    why: "a title in UTF-16 that ends in half a surrogate pair",
    bytes: () => tagged(formatFrame("TIT2", Buffer.of(1, 0xff, 0xfe, 0x41, 0x00, 0x3d, 0xd8, 0x41))),
  },
  {
    path: "id3/bad-utf8.mp3",
    why: "a title with bytes that are no UTF-8",
    bytes: () => tagged(formatFrame("TIT2", Buffer.of(3, 0x41, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xff))),
  },
  {
    path: "id3/xing-4g-frames.mp3",
    why: "an Info frame that counts 4 G frames, which is a play time of three years",
    bytes: lyingInfoFrame,
  },
  {
    path: "id3/ape-4g-items.mp3",
    why: "an APEv2 footer that claims 4 G items",
    bytes: () => Buffer.concat([writeMp3({ title: "Before APE" }), apeFooter()]),
  },
];

function tagged(frames: Uint8Array): Buffer {
  return Buffer.concat([formatId3Header(frames.length), frames, AUDIO]);
}

function compressedBomb(): Buffer {
  const inflatedBytes = 1 << 25;
  const length = Buffer.of((inflatedBytes >>> 21) & 0x7f, (inflatedBytes >>> 14) & 0x7f, 0, 0);
  const body = deflateSync(Buffer.concat([textBody("eng\0"), Buffer.alloc(inflatedBytes - 5, "A")]));
  const frame = formatFrame("COMM", Buffer.concat([length, body]));
  const compressedWithLength = 0x09;
  frame.writeUInt8(compressedWithLength, 9);
  return tagged(frame);
}

function lyingInfoFrame(): Buffer {
  const file = writeMp3({ title: "Three years" });
  file.writeUInt32BE(0xffffffff, file.indexOf("Info") + 8);
  return file;
}

function apeFooter(): Buffer {
  const footer = Buffer.alloc(32);
  footer.write("APETAGEX", "latin1");
  footer.writeUInt32LE(2000, 8);
  footer.writeUInt32LE(0xffffffff, 12);
  footer.writeUInt32LE(0xffffffff, 16);
  return footer;
}
