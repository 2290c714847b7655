import type { EmbeddedPicture } from "../../model/picture.js";
import type { BlockReader } from "./block-reader.js";
import { type AudioFormat, FORMATS } from "./format.js";
import type { Unladen } from "./id3-ballast.js";
import { bestPicture } from "./picture.js";
import { picturesOfApe } from "./picture-ape.js";
import { picturesOfAsf } from "./picture-asf.js";
import { picturesOfFlac } from "./picture-flac.js";
import { pictureOfFrame } from "./picture-id3.js";
import { picturesOfMatroska } from "./picture-matroska.js";
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
  else found.push(...((await finderOf(format)?.(reader)) ?? []));
  return found;
}

function finderOf(
  format: AudioFormat,
): ((reader: BlockReader) => Promise<readonly EmbeddedPicture[]>) | undefined {
  if (format.mimeType === "audio/mp4") return picturesOfMp4;
  if (format === FORMATS.wma) return picturesOfAsf;
  return format === FORMATS.matroska || format === FORMATS.webm ? picturesOfMatroska : undefined;
}
