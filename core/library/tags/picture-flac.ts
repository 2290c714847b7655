import type { EmbeddedPicture } from "../../model/picture.js";
import type { BlockReader } from "./block-reader.js";
import { bytesAt, pictureAt } from "./picture.js";

const BLOCK_PICTURE = 6;
const MAX_BLOCKS = 128;
/** Longest type and description before the data of a picture that are looked through. */
const MAX_TEXT = 4096;

/** Where the data of a FLAC picture structure begin, and how long they are (RFC 9639, section 8.8). */
export interface PictureStructure {
  readonly type: number;
  readonly dataAt: number;
  readonly dataBytes: number;
}

/** Pictures among the metadata blocks of a FLAC (RFC 9639, section 8.1) that begins at `start`. */
export async function picturesOfFlac(reader: BlockReader, start: number): Promise<EmbeddedPicture[]> {
  const pictures: EmbeddedPicture[] = [];
  let at = start + 4;
  for (let blocks = 0; blocks < MAX_BLOCKS; blocks++) {
    const header = await bytesAt(reader, at, 4);
    if (header.length < 4) break;
    const length = header.readUIntBE(1, 3);
    const kind = (header[0] ?? 0) & 0x7f;
    if (kind === BLOCK_PICTURE) {
      const found = parsePictureStructure(await bytesAt(reader, at + 4, Math.min(length, 2 * MAX_TEXT + 32)));
      const picture = found && (await pictureAt(reader, found.type, at + 4 + found.dataAt, found.dataBytes));
      if (picture) pictures.push(picture);
    }
    if (((header[0] ?? 0) & 0x80) !== 0) break;
    at += 4 + length;
  }
  return pictures;
}

/** @param head the first bytes of a picture structure, as far as its data. */
export function parsePictureStructure(head: Buffer): PictureStructure | undefined {
  if (head.length < 8) return undefined;
  const mimeBytes = head.readUInt32BE(4);
  if (mimeBytes > MAX_TEXT || head.length < 12 + mimeBytes) return undefined;
  const textBytes = head.readUInt32BE(8 + mimeBytes);
  const sizeAt = 12 + mimeBytes + textBytes + 16;
  if (textBytes > MAX_TEXT || head.length < sizeAt + 4) return undefined;
  return { type: head.readUInt32BE(0), dataAt: sizeAt + 4, dataBytes: head.readUInt32BE(sizeAt) };
}
