import type { AudioBounds } from "./audio-bounds.js";
import { type FileView, readAll, textAt } from "./file-view.js";

const HEADER_BYTES = 8;
const MAX_ATOMS = 256;

/** The payload of the largest `mdat` of an MP4 (ISO/IEC 14496-12, 4.2 and 8.1.1), whether `moov` stands before or behind it. */
export async function findMp4Audio(file: FileView, start: number): Promise<AudioBounds | undefined> {
  let [offsetBytes, lengthBytes] = [0, 0];
  let at = start;
  for (let atoms = 0; atoms < MAX_ATOMS && at < file.sizeBytes; atoms += 1) {
    const atom = await readAtom(file, at);
    // What follows whole atoms is left aside: some writers end with less than an atom.
    if (!atom) break;
    const payload = atom.end - at - atom.headerBytes;
    if (atom.kind === "mdat" && payload > lengthBytes) {
      [offsetBytes, lengthBytes] = [at + atom.headerBytes, payload];
    }
    at = atom.end;
  }
  return lengthBytes > 0 ? { offsetBytes, lengthBytes, says: "mp4", hasChecksum: false } : undefined;
}

interface Atom {
  readonly kind: string;
  readonly headerBytes: number;
  readonly end: number;
}

// A size of 1 is followed by one of 64 bits; 0 means up to the file's end.
async function readAtom(file: FileView, at: number): Promise<Atom | undefined> {
  const header = await readAll(file, at, HEADER_BYTES);
  if (!header) return undefined;
  const kind = textAt(header, 4, 4);
  const short = header.readUInt32BE(0);
  if (short === 0) return { kind, headerBytes: HEADER_BYTES, end: file.sizeBytes };
  const long = short === 1 ? await readAll(file, at + HEADER_BYTES, 8) : undefined;
  if (short === 1 && !long) return undefined;
  const headerBytes = long ? 2 * HEADER_BYTES : HEADER_BYTES;
  const end = at + (long ? Number(long.readBigUInt64BE(0)) : short);
  return end >= at + headerBytes && end <= file.sizeBytes ? { kind, headerBytes, end } : undefined;
}
