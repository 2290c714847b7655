import type { EmbeddedPicture } from "../../model/picture.js";
import type { BlockReader } from "./block-reader.js";
import type { Unladen } from "./id3-ballast.js";
import { bestPicture } from "./picture.js";
import { picturesOfApe } from "./picture-ape.js";
import { picturesOfFlac } from "./picture-flac.js";
import { pictureOfFrame } from "./picture-id3.js";
import { picturesOfMp4 } from "./picture-mp4.js";
import { picturesOfOgg } from "./picture-ogg.js";
import type { SniffedFormat } from "./sniff.js";

/**
 * Finds the picture of a file that makes the best cover, by a few more reads of its headers. Damage, and
 * formats whose pictures are not known here, give none.
 *
 * @param reader the file itself.
 */
export async function findPicture(
  reader: BlockReader,
  sniffed: SniffedFormat,
  unladen: Pick<Unladen, "fileStart" | "pictures">,
): Promise<EmbeddedPicture | undefined> {
  try {
    return bestPicture(await picturesOf(reader, sniffed, unladen));
  } catch {
    return undefined;
  }
}

async function picturesOf(
  reader: BlockReader,
  { format, ogg }: SniffedFormat,
  { fileStart, pictures }: Pick<Unladen, "fileStart" | "pictures">,
): Promise<readonly EmbeddedPicture[]> {
  const found: EmbeddedPicture[] = [];
  for (const frame of pictures) {
    const picture = await pictureOfFrame(reader, frame);
    if (picture) found.push(picture);
  }
  if (format.extension === "flac") found.push(...(await picturesOfFlac(reader, fileStart)));
  else if (ogg) found.push(...(await picturesOfOgg(reader, ogg.serial)));
  else if (format.tagsAtEnd) found.push(...(await picturesOfApe(reader)));
  else if (format.mimeType === "audio/mp4") found.push(...(await picturesOfMp4(reader)));
  return found;
}
