import type { EmbeddedPicture, PictureExtension } from "../../model/picture.js";
import type { BlockReader } from "./block-reader.js";

/** Larger ones are left alone. */
export const PICTURE_MAX_BYTES = 32 * 1024 * 1024;
/** Smaller ones are no pictures. */
const PICTURE_MIN_BYTES = 32;
/** As many bytes as tell the format. */
export const PICTURE_HEAD_BYTES = 12;
/** Types in the order in which they make a cover: front, other, illustration, media, leaflet, artist, back. */
const TYPES_BY_PRIORITY: readonly number[] = [3, 0, 18, 6, 5, 8, 7, 10, 4];

/** The picture that makes the best cover: by its type, then the first. */
export function bestPicture(pictures: readonly EmbeddedPicture[]): EmbeddedPicture | undefined {
  let best: EmbeddedPicture | undefined;
  for (const picture of pictures) if (!best || rankOf(picture) < rankOf(best)) best = picture;
  return best;
}

/** The picture at a place of a file, if there is one by its first bytes. */
export async function pictureAt(
  reader: BlockReader,
  type: number,
  offsetBytes: number,
  sizeBytes: number,
): Promise<EmbeddedPicture | undefined> {
  if (offsetBytes + sizeBytes > reader.sizeBytes || !isPictureSize(sizeBytes)) return undefined;
  const extension = pictureExtensionOf(await bytesAt(reader, offsetBytes, PICTURE_HEAD_BYTES));
  return extension && { type, extension, sizeBytes, offsetBytes };
}

/** Tells the format of a picture by its first bytes; `undefined` for what is none that players show. */
export function pictureExtensionOf(head: Uint8Array): PictureExtension | undefined {
  const text = Buffer.from(head.subarray(0, PICTURE_HEAD_BYTES)).toString("latin1");
  if (text.startsWith("\xff\xd8\xff")) return "jpg";
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "webp";
  return text.startsWith("GIF8") ? "gif" : undefined;
}

export function isPictureSize(sizeBytes: number): boolean {
  return sizeBytes >= PICTURE_MIN_BYTES && sizeBytes <= PICTURE_MAX_BYTES;
}

/** Bytes of a file; fewer only where it ends. */
export async function bytesAt(reader: BlockReader, at: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(Math.max(0, Math.min(length, reader.sizeBytes - at)));
  return buffer.subarray(0, await reader.read(buffer, at));
}

function rankOf({ type }: EmbeddedPicture): number {
  const rank = TYPES_BY_PRIORITY.indexOf(type);
  return rank < 0 ? TYPES_BY_PRIORITY.length : rank;
}
