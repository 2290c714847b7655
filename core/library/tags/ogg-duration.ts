import type { BlockReader } from "./block-reader.js";
import { FLAG_FIRST_PAGE, type OggStream, PAGE_HEADER_BYTES } from "./ogg-stream.js";

/** A page has at most 255 segments of 255 bytes (RFC 3533, section 6), so the last one begins within this. */
const MAX_PAGE_BYTES = PAGE_HEADER_BYTES + 255 + 255 * 255;
const WINDOW_BYTES = 8 * 1024;

/**
 * Duration of an Ogg stream in milliseconds: the granule position of its last page (RFC 3533, section 6),
 * less Opus's pre-skip (RFC 7845, section 4.2). Reads backwards from the end, as far as one page can reach,
 * instead of going through the file.
 *
 * @returns `undefined` where no page of the stream ends there: the file is damaged, or another stream is
 * chained to this one, whose granules begin anew.
 */
export async function readOggDuration(reader: BlockReader, stream: OggStream): Promise<number | undefined> {
  const granule = await lastGranule(reader, stream.serial);
  if (granule === undefined || stream.granulesPerSecond <= 0) return undefined;
  const count = Number(granule) - stream.preSkip;
  return count > 0 ? (count / stream.granulesPerSecond) * 1000 : undefined;
}

async function lastGranule(reader: BlockReader, serial: number): Promise<bigint | undefined> {
  const stopAt = Math.max(0, reader.sizeBytes - 2 * MAX_PAGE_BYTES);
  // The windows overlap by a page header, which may lie across their edge.
  for (let end = reader.sizeBytes; end > stopAt; end -= WINDOW_BYTES) {
    const start = Math.max(stopAt, end - WINDOW_BYTES);
    const window = Buffer.allocUnsafe(Math.min(WINDOW_BYTES + PAGE_HEADER_BYTES, reader.sizeBytes - start));
    const read = reader.read(window, start);
    if (typeof read !== "number") await read;
    const found = searchBackwards(window, serial);
    if (found !== undefined) return found === CHAINED ? undefined : found;
  }
  return undefined;
}

const CHAINED = Symbol("another stream begins behind this one");

function searchBackwards(window: Buffer, serial: number): bigint | typeof CHAINED | undefined {
  for (let at = window.length; at > 0; ) {
    at = window.lastIndexOf("OggS", at - 1, "latin1");
    if (at < 0) return undefined;
    // A version other than 0 says that these bytes are no page at all.
    if (at + PAGE_HEADER_BYTES > window.length || window[at + 4] !== 0) continue;
    if (((window[at + 5] ?? 0) & FLAG_FIRST_PAGE) !== 0) return CHAINED;
    const granule = granuleAt(window, at, serial);
    if (granule !== undefined) return granule;
  }
  return undefined;
}

// -1 says that no packet ends on the page.
function granuleAt(window: Buffer, at: number, serial: number): bigint | undefined {
  if (window.readUInt32LE(at + 14) !== serial) return undefined;
  const granule = window.readBigInt64LE(at + 6);
  return granule >= 0n && granule <= BigInt(Number.MAX_SAFE_INTEGER) ? granule : undefined;
}
