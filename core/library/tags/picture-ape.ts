import type { EmbeddedPicture } from "../../model/picture.js";
import type { BlockReader } from "./block-reader.js";
import { bytesAt, pictureAt } from "./picture.js";

const FOOTER_BYTES = 32;
const ID3V1_BYTES = 128;
const MAX_ITEMS = 256;
/** Longest key, and name of a picture, that are looked through. */
const MAX_KEY = 256;
const MAX_NAME = 1024;
/** Keys of pictures, by the type that ID3v2 has for them. */
const TYPES: ReadonlyMap<string, number> = new Map([
  ["cover art (front)", 3],
  ["cover art (other)", 0],
  ["cover art (back)", 4],
]);

/**
 * Pictures in the APEv2 tag at the end of a file, where an ID3v1 tag may stand behind it
 * (https://wiki.hydrogenaud.io/index.php?title=APEv2_specification): a name, a NUL, and the bytes.
 */
export async function picturesOfApe(reader: BlockReader): Promise<EmbeddedPicture[]> {
  const tag =
    (await itemsBefore(reader, reader.sizeBytes)) ??
    (await itemsBefore(reader, reader.sizeBytes - ID3V1_BYTES));
  const pictures: EmbeddedPicture[] = [];
  if (!tag) return pictures;
  for (let { at, count } = tag; count > 0 && at < tag.to; count--) {
    const head = await bytesAt(reader, at, 8 + MAX_KEY);
    const end = head.indexOf(0, 8);
    if (head.length < 9 || end < 0) break;
    const valueBytes = head.readUInt32LE(0);
    const valueAt = at + end + 1;
    if (valueAt + valueBytes > tag.to) break;
    const type = TYPES.get(head.toString("latin1", 8, end).toLowerCase());
    const picture = type === undefined ? undefined : await pictureOfItem(reader, type, valueAt, valueBytes);
    if (picture) pictures.push(picture);
    at = valueAt + valueBytes;
  }
  return pictures;
}

async function pictureOfItem(
  reader: BlockReader,
  type: number,
  at: number,
  length: number,
): Promise<EmbeddedPicture | undefined> {
  const nameEnd = (await bytesAt(reader, at, Math.min(length, MAX_NAME))).indexOf(0) + 1;
  return nameEnd > 0 ? pictureAt(reader, type, at + nameEnd, length - nameEnd) : undefined;
}

// Where the items of a tag begin and end whose footer ends at `end`.
async function itemsBefore(
  reader: BlockReader,
  end: number,
): Promise<{ at: number; to: number; count: number } | undefined> {
  const to = end - FOOTER_BYTES;
  if (to < 0) return undefined;
  const footer = await bytesAt(reader, to, FOOTER_BYTES);
  if (footer.toString("latin1", 0, 8) !== "APETAGEX" || footer.readUInt32LE(8) !== 2000) return undefined;
  const at = end - footer.readUInt32LE(12);
  return at < 0 || at > to ? undefined : { at, to, count: Math.min(footer.readUInt32LE(16), MAX_ITEMS) };
}
