import type { BlockReader, ByteSource } from "./block-reader.js";
import { type ByteRange, spliced } from "./byte-views.js";
import type { PictureFrame } from "./picture-id3.js";

/** No field is kept at more than a fraction of this; what is larger is a picture, an object or a flood. */
const MAX_FRAME_BYTES = 32 * 1024;
const MAX_FRAMES = 1000;
const HEADER_BYTES = 10;
const FLAG_FOOTER = 0x10;
const FLAG_UNSYNCHRONISED = 0x80;
const FLAG_EXTENDED_HEADER = 0x40;
/** A longer tag that was unsynchronised is left as it is. */
const MAX_UNSYNCHRONISED_BYTES = 16 * 1024 * 1024;

/** A file as it is to be parsed, and where in it the audio begins. */
export interface Unladen {
  /** `undefined` where the file can be parsed as it is. */
  readonly source: ByteSource | undefined;
  /** Where the content behind an ID3v2 tag begins, in `source` or in the file itself; 0 without a tag. */
  readonly contentStart: number;
  /** The same place in the file itself. */
  readonly fileStart: number;
  /** Frames with pictures, in the file itself. */
  readonly pictures: readonly PictureFrame[];
  /** What is wrong with the tag, for a person. */
  readonly damage?: string;
}

interface Frames {
  readonly kept: readonly ByteRange[];
  readonly pictures: readonly PictureFrame[];
  readonly damage?: string;
}

interface TagHeader {
  readonly bytes: Buffer;
  readonly major: number;
  readonly framesEnd: number;
  readonly tagEnd: number;
}

/**
 * Shows a file without the ballast of its ID3v2 tag: pictures and other frames above 32 KiB, padding, frames
 * that claim to reach beyond the tag (their text would be whatever follows), and more than 1,000 frames.
 * A parser reads a tag as one piece, so this is what spares it from reading and holding 100 MB of cover.
 *
 * A tag of version 2.2 or 2.3 that was unsynchronised is shown as it was before. One with an extended header stays
 * as it is.
 * The format: https://id3.org/id3v2.4.0-structure, https://id3.org/id3v2.3.0, https://id3.org/id3v2-00
 */
export async function withoutId3Ballast(reader: BlockReader): Promise<Unladen> {
  const header = await readHeader(reader);
  if (!header) return { source: undefined, contentStart: 0, fileStart: 0, pictures: [] };
  if (header.tagEnd > reader.sizeBytes) return unchangedFrom(HEADER_BYTES);
  const flags = header.bytes[5] ?? 0;
  if ((flags & FLAG_UNSYNCHRONISED) !== 0 && header.major < 4) return resynchronised(reader, header);
  if ((flags & (FLAG_UNSYNCHRONISED | FLAG_EXTENDED_HEADER)) !== 0) return unchangedFrom(header.tagEnd);

  const { kept, ...rest } = await walkFrames(reader, header);
  const keptBytes = kept.reduce((sum, { from, to }) => sum + to - from, 0);
  if (keptBytes === header.tagEnd - HEADER_BYTES) return { ...unchangedFrom(header.tagEnd), ...rest };
  const ranges = [...kept, { from: header.tagEnd, to: reader.sizeBytes }];
  return {
    source: spliced(reader, headerFor(header.bytes, keptBytes), ranges),
    contentStart: HEADER_BYTES + keptBytes,
    fileStart: header.tagEnd,
    ...rest,
  };
}

// A zero was put behind every 0xff that a decoder could take for the start of a frame (ID3v2.3, section 5).
async function resynchronised(reader: BlockReader, header: TagHeader): Promise<Unladen> {
  const length = header.framesEnd - HEADER_BYTES;
  if (length > MAX_UNSYNCHRONISED_BYTES) return unchangedFrom(header.tagEnd);
  const stored = Buffer.alloc(length);
  await reader.read(stored, HEADER_BYTES);
  const frames = Buffer.alloc(length);
  let size = 0;
  for (let at = 0; at < length; at++) {
    frames[size++] = stored[at] ?? 0;
    if (stored[at] === 0xff && stored[at + 1] === 0) at++;
  }
  const start = headerFor(header.bytes, size);
  start[5] = (start[5] ?? 0) & ~FLAG_UNSYNCHRONISED;
  const tag = Buffer.concat([start, frames.subarray(0, size)]);
  const source = spliced(reader, tag, [{ from: header.tagEnd, to: reader.sizeBytes }]);
  return { source, contentStart: tag.length, fileStart: header.tagEnd, pictures: [] };
}

function unchangedFrom(start: number): Unladen {
  return { source: undefined, contentStart: start, fileStart: start, pictures: [] };
}

async function readHeader(reader: BlockReader): Promise<TagHeader | undefined> {
  const bytes = Buffer.allocUnsafe(HEADER_BYTES);
  if ((await reader.read(bytes, 0)) < HEADER_BYTES || bytes.toString("latin1", 0, 3) !== "ID3")
    return undefined;
  const major = bytes[3] ?? 0;
  const framesEnd = HEADER_BYTES + syncsafe(bytes, 6);
  const hasFooter = major === 4 && ((bytes[5] ?? 0) & FLAG_FOOTER) !== 0;
  return { bytes, major, framesEnd, tagEnd: framesEnd + (hasFooter ? HEADER_BYTES : 0) };
}

async function walkFrames(reader: BlockReader, { major, framesEnd }: TagHeader): Promise<Frames> {
  const kept: ByteRange[] = [];
  const pictures: PictureFrame[] = [];
  const bytes = Buffer.allocUnsafe(major === 2 ? 6 : 10);
  let at = HEADER_BYTES;
  for (let frames = 0; at + bytes.length <= framesEnd; frames++) {
    if (frames === MAX_FRAMES)
      return { kept, pictures, damage: `its ID3v2 tag has more than ${MAX_FRAMES} frames` };
    const read = reader.read(bytes, at);
    if (typeof read !== "number") await read;
    if (!isFrameId(bytes, major)) break;
    const end = at + bytes.length + frameSize(bytes, major);
    if (end > framesEnd)
      return { kept, pictures, damage: "a frame of its ID3v2 tag claims to be larger than the tag" };
    if (isPicture(bytes, major)) pictures.push({ major, at: at + bytes.length, to: end });
    if (end - at <= MAX_FRAME_BYTES) append(kept, { from: at, to: end });
    at = end;
  }
  return { kept, pictures };
}

// One that is packed or encrypted is none that can be shown (ID3v2.3, 3.3.1; ID3v2.4 structure, 4.1.2).
function isPicture(bytes: Buffer, major: number): boolean {
  if (major === 2) return bytes.toString("latin1", 0, 3) === "PIC";
  return bytes.toString("latin1", 0, 4) === "APIC" && bytes[9] === 0;
}

function append(ranges: ByteRange[], next: ByteRange): void {
  const last = ranges.at(-1);
  if (last?.to === next.from) ranges[ranges.length - 1] = { from: last.from, to: next.to };
  else ranges.push(next);
}

function isFrameId(bytes: Buffer, major: number): boolean {
  return /^[A-Z][A-Z0-9]+ ?$/.test(bytes.toString("latin1", 0, major === 2 ? 3 : 4));
}

function frameSize(bytes: Buffer, major: number): number {
  if (major === 2) return bytes.readUIntBE(3, 3);
  return major === 3 ? bytes.readUInt32BE(4) : syncsafe(bytes, 4);
}

/** Four times seven bits (ID3v2.4 structure, 6.2). */
function syncsafe(bytes: Buffer, at: number): number {
  let value = 0;
  for (let index = at; index < at + 4; index++) value = value * 128 + ((bytes[index] ?? 0) & 0x7f);
  return value;
}

function headerFor(original: Buffer, sizeBytes: number): Buffer {
  const bytes = Buffer.from(original);
  bytes[5] = (bytes[5] ?? 0) & ~FLAG_FOOTER;
  for (let index = 0; index < 4; index++) bytes[6 + index] = (sizeBytes >> (7 * (3 - index))) & 0x7f;
  return bytes;
}
