import type { BlockReader, ByteSource } from "./block-reader.js";
import { OggPacket } from "./ogg-packet.js";

/** `\x7fFLAC`, a version and a count stand before the native stream's `fLaC` (RFC 9639, section 10.1). */
const MAPPING_BYTES = 9;
const STREAMINFO_BYTES = 4 + 4 + 34;
/** A larger comment holds pictures; its texts stand in front. */
const MAX_COMMENT_BYTES = 16 * 1024 * 1024;
const LAST_BLOCK = 0x80;

/** The headers of a FLAC in an Ogg as those of a native one, for a parser that knows no other. */
export async function nativeFlacHeaders(
  reader: BlockReader,
  serial: number,
): Promise<ByteSource | undefined> {
  const first = await new OggPacket(reader, serial, 0).read(0, MAPPING_BYTES + STREAMINFO_BYTES);
  const comment = Buffer.from(await new OggPacket(reader, serial, 1).read(0, MAX_COMMENT_BYTES));
  if (first.length < MAPPING_BYTES + STREAMINFO_BYTES || comment.length < 8) return undefined;
  const native = Buffer.from(first.subarray(MAPPING_BYTES));
  native[4] = (native[4] ?? 0) & ~LAST_BLOCK;
  comment[0] = (comment[0] ?? 0) | LAST_BLOCK;
  const bytes = Buffer.concat([native, comment]);
  return { sizeBytes: bytes.length, readAt: (offset, length) => bytes.subarray(offset, offset + length) };
}
