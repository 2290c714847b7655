import type { EmbeddedPicture } from "../../model/picture.js";
import type { BlockReader } from "./block-reader.js";
import { type EbmlElement, elementsIn, mapMatroska } from "./matroska.js";
import { bytesAt, pictureAt } from "./picture.js";

/** IDs of elements (RFC 9559, section 5.1.6). */
const ATTACHED_FILE = 0x61a7;
const FILE_NAME = 0x466e;
const FILE_DATA = 0x465c;

const MAX_NAME_BYTES = 256;
const OTHER = 0;
const FRONT_COVER = 3;
const BACK_COVER = 4;

/**
 * Pictures among the attachments of a Matroska file. They have no type: `cover.jpg` and `cover.png` are the front cover, by
 * their names (https://www.matroska.org/technical/attachments.html, 'Cover Art'), the smaller and the wide one come after it.
 */
export async function picturesOfMatroska(reader: BlockReader): Promise<EmbeddedPicture[]> {
  const pictures: EmbeddedPicture[] = [];
  for (const attachments of (await mapMatroska(reader))?.attachments ?? []) {
    for await (const element of elementsIn(reader, attachments.dataAt, attachments.to)) {
      const picture = element.id === ATTACHED_FILE && (await pictureOfAttachment(reader, element));
      if (picture) pictures.push(picture);
    }
  }
  return pictures;
}

async function pictureOfAttachment(
  reader: BlockReader,
  attached: EbmlElement,
): Promise<EmbeddedPicture | undefined> {
  let name = "";
  let data: EbmlElement | undefined;
  for await (const element of elementsIn(reader, attached.dataAt, attached.to)) {
    if (element.id === FILE_DATA) data = element;
    if (element.id !== FILE_NAME) continue;
    const length = Math.min(element.to - element.dataAt, MAX_NAME_BYTES);
    name = (await bytesAt(reader, element.dataAt, length)).toString("utf8");
  }
  return data && pictureAt(reader, typeOf(name), data.dataAt, data.to - data.dataAt);
}

function typeOf(name: string): number {
  if (/^(cover|front|folder)\.\w+$/i.test(name)) return FRONT_COVER;
  return /\bback\b/i.test(name) ? BACK_COVER : OTHER;
}
