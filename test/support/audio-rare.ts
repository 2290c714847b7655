/** Writers of headers and tags in formats that no encoder at hand makes; the audio in them is silence or missing. */
import { formatId3 } from "./audio-id3.js";
import type { AudioTags } from "./audio-options.js";

const DSD_RATE = 2_822_400;

/** DSF File Format Specification, version 1.01: the ID3v2 tag stands at the end, where the header points to. */
export function writeDsf(tags: AudioTags, seconds = 1): Buffer {
  const tag = formatId3(tags);
  const data = Buffer.concat([chunkOf("data", Buffer.alloc(4096 * 2), "little")]);
  const format = Buffer.alloc(40);
  for (const [at, value] of [1, 0, 2, 2, DSD_RATE, 1].entries()) format.writeUInt32LE(value, at * 4);
  format.writeBigUInt64LE(BigInt(DSD_RATE * seconds), 24);
  format.writeUInt32LE(4096, 32);
  const rest = Buffer.concat([chunkOf("fmt ", format, "little"), data]);
  const head = Buffer.alloc(28, 0);
  head.write("DSD ", 0, "latin1");
  head.writeBigUInt64LE(28n, 4);
  head.writeBigUInt64LE(BigInt(28 + rest.length + tag.length), 12);
  head.writeBigUInt64LE(BigInt(28 + rest.length), 20);
  return Buffer.concat([head, rest, tag]);
}

/** DSDIFF 1.5 Specification; `ID3 ` is what taggers add. */
export function writeDff(tags: AudioTags): Buffer {
  const rate = Buffer.alloc(4);
  rate.writeUInt32BE(DSD_RATE);
  const channels = Buffer.concat([Buffer.from([0, 2]), Buffer.from("SLFTSRGT", "latin1")]);
  const compression = Buffer.concat([
    Buffer.from("DSD ", "latin1"),
    Buffer.from([14]),
    Buffer.from("not compressed\0", "latin1"),
  ]);
  const properties = Buffer.concat([
    Buffer.from("SND ", "latin1"),
    chunkOf("FS  ", rate, "big"),
    chunkOf("CHNL", channels, "big"),
    chunkOf("CMPR", compression, "big"),
  ]);
  const body = Buffer.concat([
    Buffer.from("DSD ", "latin1"),
    chunkOf("FVER", Buffer.from([1, 5, 0, 0]), "big"),
    chunkOf("PROP", properties, "big"),
    chunkOf("DSD ", Buffer.alloc(DSD_RATE / 4), "big"),
    chunkOf("ID3 ", formatId3(tags), "big"),
  ]);
  return chunkOf("FRM8", body, "big");
}

/** Monkey's Audio from version 3.98 on (its SDK, `MACLib.h`): a descriptor, a header, and an APEv2 tag at the end. */
export function writeApe(tags: AudioTags, cover?: Buffer): Buffer {
  const descriptor = Buffer.alloc(52);
  descriptor.write("MAC ", 0, "latin1");
  descriptor.writeUInt16LE(3990, 4);
  descriptor.writeUInt32LE(52, 8);
  descriptor.writeUInt32LE(24, 12);
  descriptor.writeUInt32LE(2000, 24);
  const header = Buffer.alloc(24);
  header.writeUInt16LE(2000, 0);
  for (const [at, value] of [73_728, 44_100, 1].entries()) header.writeUInt32LE(value, 4 + at * 4);
  header.writeUInt16LE(16, 16);
  header.writeUInt16LE(2, 18);
  header.writeUInt32LE(44_100, 20);
  return Buffer.concat([descriptor, header, Buffer.alloc(2000), formatApe(tags, cover)]);
}

/** Musepack SV8 (https://trac.musepack.net/musepack/wiki/SV8Specification): a stream header, an end, an APEv2 tag. */
export function writeMpc(tags: AudioTags, cover?: Buffer): Buffer {
  const streamHeader = Buffer.concat([
    Buffer.alloc(4),
    Buffer.from([8, 0xac, 0x44 | 0x80, 0x44 & 0x7f, 0, 0, 0x13]),
  ]);
  const packet = (key: string, body: Buffer): Buffer =>
    Buffer.concat([Buffer.from(key, "latin1"), Buffer.from([3 + body.length]), body]);
  return Buffer.concat([
    Buffer.from("MPCK", "latin1"),
    packet("SH", streamHeader),
    packet("SE", Buffer.alloc(0)),
    formatApe(tags, cover),
  ]);
}

/** An ID3v2.3 tag in which a zero stands behind every 0xff, as its unsynchronisation wants (section 5). */
export function formatUnsynchronised(frames: readonly [id: string, body: Buffer][]): Buffer {
  const body = Buffer.concat(
    frames.map(([id, text]) =>
      Buffer.concat([Buffer.from(id, "latin1"), sizeOf(text), Buffer.alloc(2), text]),
    ),
  );
  const stored = Buffer.from(Array.from(body).flatMap((byte) => (byte === 0xff ? [0xff, 0] : [byte])));
  const size = [21, 14, 7, 0].map((shift) => (stored.length >> shift) & 0x7f);
  return Buffer.concat([Buffer.from("ID3\x03\x00\x80", "latin1"), Buffer.from(size), stored]);
}

/** https://wiki.hydrogenaud.io/index.php?title=APEv2_specification */
export function formatApe({ title = "", artists = [], album = "" }: AudioTags, cover?: Buffer): Buffer {
  const texts = { Title: title, Artist: artists.join("\0"), Album: album };
  const values = Object.entries(texts).map(([key, text]) => [key, Buffer.from(text, "utf8"), 0] as const);
  const picture = cover && Buffer.concat([Buffer.from("cover.jpg\0", "latin1"), cover]);
  const all = picture ? [...values, ["Cover Art (Front)", picture, 2] as const] : values;
  const items = all.map(([key, value, flags]) => {
    const head = Buffer.alloc(8);
    head.writeUInt32LE(value.length, 0);
    head.writeUInt32LE(flags, 4);
    return Buffer.concat([head, Buffer.from(`${key}\0`, "latin1"), value]);
  });
  const body = Buffer.concat(items);
  const ends = [0xa0000000, 0x80000000].map((flags) => {
    const end = Buffer.alloc(32);
    end.write("APETAGEX", 0, "latin1");
    for (const [at, value] of [2000, body.length + 32, items.length, flags].entries())
      end.writeUInt32LE(value, 8 + at * 4);
    return end;
  });
  return Buffer.concat([ends[0] ?? body, body, ends[1] ?? body]);
}

function chunkOf(id: string, body: Buffer, order: "little" | "big"): Buffer {
  const head = Buffer.alloc(12);
  head.write(id, 0, "latin1");
  if (order === "little") head.writeBigUInt64LE(BigInt(12 + body.length), 4);
  else head.writeBigUInt64BE(BigInt(body.length), 4);
  return Buffer.concat([head, body, Buffer.alloc(order === "big" ? body.length % 2 : 0)]);
}

function sizeOf(body: Buffer): Buffer {
  const size = Buffer.alloc(4);
  size.writeUInt32BE(body.length);
  return size;
}
