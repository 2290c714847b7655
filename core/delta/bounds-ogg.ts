import type { AudioBounds } from "./audio-bounds.js";
import { type FileView, readAll, textAt } from "./file-view.js";

const PAGE_HEADER_BYTES = 27;
/** A comment with a large cover takes some hundred pages; more are not worth the requests. */
const MAX_HEADER_PAGES = 512;

interface Page {
  readonly serial: number;
  readonly sequence: number;
  readonly table: Buffer;
  readonly bodyAt: number;
  readonly end: number;
}

/**
 * The pages of an Ogg (RFC 3533, section 6) from the first one with audio on.
 *
 * Every page has its number and a checksum over that: where the tags take another number of pages than before, each
 * page of the audio has other bytes, which is why the first one's number is part of what the file says.
 */
export async function findOggAudio(file: FileView, start: number): Promise<AudioBounds | undefined> {
  const first = await readPage(file, start);
  const headers = first && (await headerPacketsOf(file, first));
  if (headers === undefined) return undefined;
  let ended = 0;
  let page: Page | undefined = first;
  for (let pages = 0; page && pages < MAX_HEADER_PAGES; pages += 1) {
    if (page.serial !== first?.serial) return undefined;
    if (ended === headers) {
      const says = `ogg ${page.serial} ${page.sequence}`;
      const offsetBytes = page.bodyAt - page.table.length - PAGE_HEADER_BYTES;
      return { offsetBytes, lengthBytes: file.sizeBytes - offsetBytes, says, hasChecksum: false };
    }
    ended += page.table.filter((segment) => segment < 255).length;
    // Audio begins on a page of its own (Vorbis I, A.2; RFC 7845, section 3).
    if (ended > headers) return undefined;
    page = await readPage(file, page.end);
  }
  return undefined;
}

async function readPage(file: FileView, at: number): Promise<Page | undefined> {
  const header = await readAll(file, at, PAGE_HEADER_BYTES);
  if (!header || textAt(header, 0, 4) !== "OggS" || header[4] !== 0) return undefined;
  const table = await readAll(file, at + PAGE_HEADER_BYTES, header[26] ?? 0);
  if (!table) return undefined;
  const bodyAt = at + PAGE_HEADER_BYTES + table.length;
  const end = bodyAt + table.reduce((sum, segment) => sum + segment, 0);
  if (end > file.sizeBytes) return undefined;
  return { serial: header.readUInt32LE(14), sequence: header.readUInt32LE(18), table, bodyAt, end };
}

/** How many packets come before the audio; `undefined` where that cannot be told. */
async function headerPacketsOf(file: FileView, { bodyAt, end }: Page): Promise<number | undefined> {
  const packet = await file.read(bodyAt, Math.min(80, end - bodyAt));
  if (textAt(packet, 0, 7) === "\x01vorbis") return 3;
  if (textAt(packet, 0, 8) === "OpusHead") return 2;
  // How many packets follow the first; 0 where the writer did not know (RFC 9639, section 10.1).
  if (textAt(packet, 0, 5) === "\x7fFLAC" && packet.length > 9) {
    const more = packet.readUInt16BE(7);
    return more === 0 ? undefined : 1 + more;
  }
  // The Speex manual, 'Ogg file format': two, and as many as the first one says.
  if (textAt(packet, 0, 8) === "Speex   " && packet.length >= 72) {
    const extra = packet.readUInt32LE(68);
    return extra < MAX_HEADER_PAGES ? 2 + extra : undefined;
  }
  return undefined;
}
