import { type FileView, readAll, textAt } from "./file-view.js";

const ID3_HEADER_BYTES = 10;
const ID3V1_BYTES = 128;
/** "TAG+", which stands before an ID3v1 (by its authors, https://id3.org/ID3v1). */
const ID3V1_EXTENDED_BYTES = 227;
const APE_FOOTER_BYTES = 32;
const LYRICS_END_BYTES = 15;
const FLAG_FOOTER = 0x10;
/** Tags one behind the other; more are a file that lies. */
const MAX_TAGS = 8;

/**
 * Where the first byte behind the ID3v2 tags lies that a file begins with.
 *
 * @returns `undefined` where a tag claims to be longer than the file.
 */
export async function endOfFrontTags(file: FileView): Promise<number | undefined> {
  let at = 0;
  for (let tags = 0; tags < MAX_TAGS; tags += 1) {
    const header = await readAll(file, at, ID3_HEADER_BYTES);
    if (!header || textAt(header, 0, 3) !== "ID3" || !isSyncSafe(header, 6)) return at;
    const hasFooter = header[3] === 4 && ((header[5] ?? 0) & FLAG_FOOTER) !== 0;
    at += ID3_HEADER_BYTES + syncSafe(header, 6) + (hasFooter ? ID3_HEADER_BYTES : 0);
    if (at > file.sizeBytes) return undefined;
  }
  return at;
}

/** Where the tags begin that a file ends with (ID3v1, APEv2, Lyrics3v2, ID3v2.4); its size where it has none. */
export async function startOfBackTags(file: FileView, start: number): Promise<number> {
  let end = file.sizeBytes;
  for (let tags = 0; tags < MAX_TAGS; tags += 1) {
    const length = await lengthOfTagBefore(file, end);
    if (length === 0 || end - length < start) break;
    end -= length;
  }
  return end;
}

async function lengthOfTagBefore(file: FileView, end: number): Promise<number> {
  const id3v1 = await readAll(file, end - ID3V1_BYTES, 3);
  if (id3v1 && textAt(id3v1, 0, 3) === "TAG") {
    const extended = await readAll(file, end - ID3V1_BYTES - ID3V1_EXTENDED_BYTES, 4);
    return ID3V1_BYTES + (extended && textAt(extended, 0, 4) === "TAG+" ? ID3V1_EXTENDED_BYTES : 0);
  }
  const last = await readAll(file, end - APE_FOOTER_BYTES, APE_FOOTER_BYTES);
  if (!last) return 0;
  return lengthOfApe(last) || lengthOfLyrics(last) || lengthOfId3v2(last);
}

// https://wiki.hydrogenaud.io/index.php?title=APE_Tags_Header: the size is without the header.
function lengthOfApe(last: Buffer): number {
  if (textAt(last, 0, 8) !== "APETAGEX") return 0;
  const hasHeader = last.readUInt32LE(20) >= 0x80000000;
  return last.readUInt32LE(12) + (hasHeader ? APE_FOOTER_BYTES : 0);
}

// https://id3.org/Lyrics3v2: six digits of size, then the end.
function lengthOfLyrics(last: Buffer): number {
  const end = textAt(last, APE_FOOTER_BYTES - LYRICS_END_BYTES, LYRICS_END_BYTES);
  const digits = /^([0-9]{6})LYRICS200$/.exec(end)?.[1];
  return digits === undefined ? 0 : Number(digits) + LYRICS_END_BYTES;
}

// A tag at the end has a footer (https://id3.org/id3v2.4.0-structure, 3.4).
function lengthOfId3v2(last: Buffer): number {
  const at = APE_FOOTER_BYTES - ID3_HEADER_BYTES;
  if (textAt(last, at, 3) !== "3DI" || !isSyncSafe(last, at + 6)) return 0;
  return syncSafe(last, at + 6) + 2 * ID3_HEADER_BYTES;
}

function isSyncSafe(bytes: Buffer, at: number): boolean {
  return (bytes.readUInt32BE(at) & 0x80808080) === 0;
}

/** Four times seven bits. */
function syncSafe(bytes: Buffer, at: number): number {
  let value = 0;
  for (const byte of bytes.subarray(at, at + 4)) value = value * 128 + byte;
  return value;
}
