import type { EmbeddedPicture } from "../../model/picture.js";
import type { BlockReader } from "./block-reader.js";
import { bytesAt, pictureAt } from "./picture.js";

/** As much of a frame as is looked through for where its picture begins. */
const HEAD_BYTES = 1024;

/** A frame of an ID3v2 tag whose content begins at `at` and ends before `to`. */
export interface PictureFrame {
  readonly major: number;
  readonly at: number;
  readonly to: number;
}

/** The picture in an APIC or PIC frame (https://id3.org/id3v2.4.0-frames, 4.14, and https://id3.org/id3v2-00, 4.15). */
export async function pictureOfFrame(
  reader: BlockReader,
  { major, at, to }: PictureFrame,
): Promise<EmbeddedPicture | undefined> {
  const head = await bytesAt(reader, at, Math.min(HEAD_BYTES, to - at));
  const encoding = head[0] ?? 0;
  // Three letters of a format in v2.2, a type of MIME that ends with a NUL later.
  const typeAt = major === 2 ? 4 : head.indexOf(0, 1) + 1;
  if (typeAt <= 0) return undefined;
  const dataAt = endOfText(head, typeAt + 1, encoding === 1 || encoding === 2);
  if (dataAt === undefined) return undefined;
  return pictureAt(reader, head[typeAt] ?? 0, at + dataAt, to - at - dataAt);
}

// Behind the NUL that ends a description: of two bytes, on an even place, where the text is UTF-16.
function endOfText(head: Buffer, from: number, isWide: boolean): number | undefined {
  for (let at = from; at < head.length; at += isWide ? 2 : 1) {
    if (head[at] !== 0) continue;
    if (!isWide) return at + 1;
    if (head[at + 1] === 0) return at + 2;
  }
  return undefined;
}
