import type { EmbeddedPicture } from "../../model/picture.js";
import type { BlockReader } from "./block-reader.js";
import { type ByteRange, hollow } from "./byte-views.js";
import { bytesAt, pictureAt } from "./picture.js";

/**
 * Objects of an ASF file by their GUIDs, in the order of bytes that a file has
 * (Advanced Systems Format Specification, revision 01.20.05, chapter 10).
 */
const EXTENDED_CONTENT = "40a4d0d207e3d21197f000a0c95ea850";
const HEADER_EXTENSION = "b503bf5f2ea9cf118ee300c00c205365";
const METADATA = "eacbf8c5af5b77488467aa8c44fa4cca";
const METADATA_LIBRARY = "941c23449894d149a1411d134e457054";

const HEADER_BYTES = 30;
const OBJECT_BYTES = 24;
/** What a header extension has before its objects (3.4). */
const EXTENSION_BYTES = 22;
const MAX_OBJECTS = 1000;
const MAX_ATTRIBUTES = 2000;
/** Longest description and type of a picture that are looked through. */
const MAX_TEXT_BYTES = 4096;
/** Pictures that are smaller cost a parser less than stepping over them. */
const BALLAST_BYTES = 64 * 1024;
const BINARY = 1;

interface AsfObject extends ByteRange {
  readonly id: string;
}

/** An attribute, and where its value lies. */
interface Attribute extends ByteRange {
  readonly name: string;
  readonly type: number;
}

/** Pictures of a WMA: values of the attribute WM/Picture in the objects of its header (3.11, 4.7 and 4.8). */
export async function picturesOfAsf(reader: BlockReader): Promise<EmbeddedPicture[]> {
  const pictures: EmbeddedPicture[] = [];
  for (const value of await pictureValues(reader)) {
    const picture = await pictureOfValue(reader, value);
    if (picture) pictures.push(picture);
  }
  return pictures;
}

/** The file for a parser that takes in pictures where it is to skip them: with zeros in their place. */
export async function withoutAsfPictures(reader: BlockReader): Promise<BlockReader> {
  const large = (await pictureValues(reader)).filter(({ from, to }) => to - from > BALLAST_BYTES);
  return large.length > 0 ? hollow(reader, large.map(afterTexts)) : reader;
}

// A parser looks for the ends of the texts in front of a picture.
function afterTexts({ from, to }: ByteRange): ByteRange {
  return { from: from + MAX_TEXT_BYTES, to };
}

async function pictureValues(reader: BlockReader): Promise<ByteRange[]> {
  const header = await bytesAt(reader, 0, HEADER_BYTES);
  if (header.length < HEADER_BYTES) return [];
  const to = Math.min(Number(header.readBigUInt64LE(16)), reader.sizeBytes);
  const values: ByteRange[] = [];
  for await (const object of objects(reader, HEADER_BYTES, to)) {
    for await (const { name, type, ...value } of attributesOf(reader, object)) {
      if (type === BINARY && name.toLowerCase() === "wm/picture") values.push(value);
    }
  }
  return values;
}

/** The objects between two places, and those in a header extension among them. */
async function* objects(reader: BlockReader, from: number, to: number): AsyncGenerator<AsfObject> {
  for (let at = from, count = 0; at + OBJECT_BYTES <= to && count < MAX_OBJECTS; count++) {
    const header = await bytesAt(reader, at, OBJECT_BYTES);
    const size = Number(header.readBigUInt64LE(16));
    const id = header.toString("hex", 0, 16);
    if (size < OBJECT_BYTES || at + size > to) return;
    // What lies in an extension follows its header: one walk goes through both.
    if (id === HEADER_EXTENSION) at += OBJECT_BYTES + EXTENSION_BYTES;
    else {
      yield { id, from: at + OBJECT_BYTES, to: at + size };
      at += size;
    }
  }
}

async function* attributesOf(reader: BlockReader, { id, from, to }: AsfObject): AsyncGenerator<Attribute> {
  const isExtended = id === EXTENDED_CONTENT;
  if (!isExtended && id !== METADATA && id !== METADATA_LIBRARY) return;
  const count = Math.min(await uint16(reader, from), MAX_ATTRIBUTES);
  for (let index = 0, at = from + 2; index < count && at < to; index++) {
    const attribute = await (isExtended ? descriptorAt(reader, at) : recordAt(reader, at));
    if (attribute.to > to) return;
    yield attribute;
    at = attribute.to;
  }
}

// Name, type, value (3.11).
async function descriptorAt(reader: BlockReader, at: number): Promise<Attribute> {
  const nameBytes = await uint16(reader, at);
  const name = await textAt(reader, at + 2, nameBytes);
  const type = await uint16(reader, at + 2 + nameBytes);
  const from = at + 2 + nameBytes + 4;
  return { name, type, from, to: from + (await uint16(reader, from - 2)) };
}

// Language, stream, lengths, name, value (4.7 and 4.8).
async function recordAt(reader: BlockReader, at: number): Promise<Attribute> {
  const head = await bytesAt(reader, at, 12);
  if (head.length < 12) return { name: "", type: 0, from: at, to: Number.POSITIVE_INFINITY };
  const nameBytes = head.readUInt16LE(4);
  const from = at + 12 + nameBytes;
  return {
    name: await textAt(reader, at + 12, nameBytes),
    type: head.readUInt16LE(6),
    from,
    to: from + head.readUInt32LE(8),
  };
}

// A type, the size, the type of MIME and a description, each ended by a NUL, the data (WM_PICTURE structure, as in files).
async function pictureOfValue(
  reader: BlockReader,
  { from, to }: ByteRange,
): Promise<EmbeddedPicture | undefined> {
  const head = await bytesAt(reader, from, Math.min(to - from, MAX_TEXT_BYTES));
  const descriptionAt = endOfText(head, 5);
  const dataAt = descriptionAt && endOfText(head, descriptionAt);
  if (!dataAt) return undefined;
  const dataBytes = Math.min(head.readUInt32LE(1), to - from - dataAt);
  return pictureAt(reader, head[0] ?? 0, from + dataAt, dataBytes);
}

function endOfText(head: Buffer, from: number): number | undefined {
  for (let at = from; at + 1 < head.length; at += 2) if (head[at] === 0 && head[at + 1] === 0) return at + 2;
  return undefined;
}

async function textAt(reader: BlockReader, at: number, length: number): Promise<string> {
  const bytes = await bytesAt(reader, at, Math.min(length, MAX_TEXT_BYTES));
  return bytes.toString("utf16le").replace(/\0.*$/su, "");
}

async function uint16(reader: BlockReader, at: number): Promise<number> {
  const bytes = await bytesAt(reader, at, 2);
  return bytes.length === 2 ? bytes.readUInt16LE(0) : 0;
}
