import type { AudioBounds } from "./audio-bounds.js";
import { type FileView, readAll } from "./file-view.js";

const STREAMINFO = 0;
const STREAMINFO_BYTES = 34;
/** Within STREAMINFO: rate, channels, depth and total samples, then the MD5 of the samples. */
const FORMAT_AT = 10;
const MD5_AT = 18;
const MAX_BLOCKS = 1024;

/** The frames behind the metadata blocks of a FLAC (RFC 9639, section 8) that begins at `start`. */
export async function findFlacAudio(
  file: FileView,
  start: number,
  end: number,
): Promise<AudioBounds | undefined> {
  let says: string | undefined;
  let hasChecksum = false;
  let at = start + 4;
  for (let blocks = 0; blocks < MAX_BLOCKS; blocks += 1) {
    const header = await readAll(file, at, 4);
    if (!header) return undefined;
    const [kind = 0, length] = [header[0], header.readUIntBE(1, 3)];
    at += 4;
    if (blocks === 0) {
      const info = (kind & 0x7f) === STREAMINFO && (await readAll(file, at, STREAMINFO_BYTES));
      if (!info || length !== STREAMINFO_BYTES) return undefined;
      says = `flac ${info.subarray(FORMAT_AT).toString("hex")}`;
      // Zeros mean that nobody computed it (RFC 9639, section 8.2).
      hasChecksum = info.subarray(MD5_AT).some((byte) => byte !== 0);
    }
    at += length;
    if ((kind & 0x80) !== 0) break;
    if (blocks === MAX_BLOCKS - 1) return undefined;
  }
  if (says === undefined || at > end) return undefined;
  return { offsetBytes: at, lengthBytes: end - at, says, hasChecksum };
}
