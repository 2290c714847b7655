import type { EmbeddedPicture } from "../../model/picture.js";
import type { BlockReader } from "./block-reader.js";
import { OggPacket } from "./ogg-packet.js";
import { isPictureSize, PICTURE_HEAD_BYTES, pictureExtensionOf } from "./picture.js";
import { parsePictureStructure } from "./picture-flac.js";

const KEY = "METADATA_BLOCK_PICTURE=";
const MAX_COMMENTS = 1000;
/** Number of the packet that has the comments, in every mapping of a codec. */
const COMMENTS = 1;
/** Base64 of a picture structure as far as its data: type, texts, sizes, and the first bytes of the picture. */
const HEAD_CHARACTERS = 12_288;

/** A picture in the comments of an Ogg, and where its text lies in their packet. */
interface CommentPicture {
  readonly picture: EmbeddedPicture;
  readonly textAt: number;
  readonly textBytes: number;
  readonly dataAt: number;
}

/**
 * Pictures in the Vorbis comments of an Ogg (https://wiki.xiph.org/VorbisComment#METADATA_BLOCK_PICTURE).
 *
 * @param serial of the stream that has the comments: its second packet.
 */
export async function picturesOfOgg(reader: BlockReader, serial: number): Promise<EmbeddedPicture[]> {
  return (await commentPictures(new OggPacket(reader, serial, COMMENTS))).map(({ picture }) => picture);
}

/** The bytes of one of those pictures. */
export async function readOggPicture(
  reader: BlockReader,
  serial: number,
  wanted: EmbeddedPicture,
): Promise<Buffer | undefined> {
  const packet = new OggPacket(reader, serial, COMMENTS);
  const found = (await commentPictures(packet)).find(
    ({ picture }) => picture.type === wanted.type && picture.sizeBytes === wanted.sizeBytes,
  );
  if (!found) return undefined;
  const text = await packet.read(found.textAt, found.textBytes);
  const bytes = Buffer.from(text.toString("latin1"), "base64").subarray(found.dataAt);
  return bytes.subarray(0, wanted.sizeBytes);
}

async function commentPictures(packet: OggPacket): Promise<CommentPicture[]> {
  const pictures: CommentPicture[] = [];
  const start = await packet.read(0, 8);
  const magic = start.toString("latin1");
  let at = magic.startsWith("\x03vorbis")
    ? 7
    : magic === "OpusTags"
      ? 8
      : start[0] === 0x84 || start[0] === 0x04
        ? 4
        : -1;
  if (at < 0) return [];
  at += 4 + (await packet.number(at));
  const count = Math.min(await packet.number(at), MAX_COMMENTS);
  at += 4;
  for (let index = 0; index < count; index++) {
    const length = await packet.number(at);
    const key = await packet.read(at + 4, Math.min(length, KEY.length));
    if (key.length < Math.min(length, KEY.length)) break;
    if (key.toString("latin1").toUpperCase() === KEY) {
      const found = await pictureOfComment(packet, at + 4 + KEY.length, length - KEY.length);
      if (found) pictures.push(found);
    }
    at += 4 + length;
  }
  return pictures;
}

async function pictureOfComment(
  packet: OggPacket,
  textAt: number,
  textBytes: number,
): Promise<CommentPicture | undefined> {
  const text = await packet.read(textAt, Math.min(textBytes, HEAD_CHARACTERS));
  const head = Buffer.from(text.toString("latin1"), "base64");
  const found = parsePictureStructure(head);
  if (!found || head.length < found.dataAt + PICTURE_HEAD_BYTES || !isPictureSize(found.dataBytes))
    return undefined;
  const extension = pictureExtensionOf(head.subarray(found.dataAt));
  const held = Math.floor((textBytes * 3) / 4) - found.dataAt;
  if (!extension || held < found.dataBytes - 2) return undefined;
  return {
    picture: { type: found.type, extension, sizeBytes: found.dataBytes },
    textAt,
    textBytes,
    dataAt: found.dataAt,
  };
}
