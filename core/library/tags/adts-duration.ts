import type { BlockReader } from "./block-reader.js";

/** ISO/IEC 14496-3, table 1.18. */
const SAMPLE_RATES = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8_000, 7_350,
];
const HEADER_BYTES = 7;
const SAMPLES_PER_BLOCK = 1024;
const WINDOW_BYTES = 64 * 1024;
/** A file that is larger is looked at in so many places instead of everywhere. */
const WINDOWS = 16;

interface Frame {
  readonly lengthBytes: number;
  readonly samples: number;
  readonly sampleRateHz: number;
}

/**
 * The duration of an ADTS stream, which no header tells: of up to 1 MiB by all of its frames, of a longer one by
 * the frames in 16 places, in milliseconds.
 *
 * @param start where the first frame may begin.
 */
export async function readAdtsDuration(reader: BlockReader, start: number): Promise<number | undefined> {
  const audioBytes = reader.sizeBytes - start;
  const isWhole = audioBytes <= WINDOWS * WINDOW_BYTES;
  const step = isWhole ? WINDOW_BYTES * WINDOWS : Math.floor((audioBytes - WINDOW_BYTES) / (WINDOWS - 1));
  let bytes = 0;
  let seconds = 0;
  for (let window = 0; window < (isWhole ? 1 : WINDOWS); window++) {
    const length = isWhole ? audioBytes : WINDOW_BYTES;
    const buffer = Buffer.alloc(Math.max(0, length));
    const read = await reader.read(buffer, start + window * step);
    const measured = measureFrames(buffer.subarray(0, read));
    bytes += measured.bytes;
    seconds += measured.seconds;
  }
  return bytes > 0 ? (seconds * 1000 * audioBytes) / bytes : undefined;
}

// Frames one after the other, from the first that is followed by another one.
function measureFrames(bytes: Buffer): { bytes: number; seconds: number } {
  let at = 0;
  while (at + HEADER_BYTES <= bytes.length && !isFollowed(bytes, at)) at++;
  const first = at;
  let seconds = 0;
  for (let frame = frameAt(bytes, at); frame; frame = frameAt(bytes, at)) {
    at += frame.lengthBytes;
    seconds += frame.samples / frame.sampleRateHz;
  }
  return { bytes: Math.min(at, bytes.length) - first, seconds };
}

function isFollowed(bytes: Buffer, at: number): boolean {
  const frame = frameAt(bytes, at);
  return frame !== undefined && frameAt(bytes, at + frame.lengthBytes) !== undefined;
}

function frameAt(bytes: Buffer, at: number): Frame | undefined {
  if (at + HEADER_BYTES > bytes.length || bytes[at] !== 0xff || ((bytes[at + 1] ?? 0) & 0xf6) !== 0xf0)
    return undefined;
  const sampleRateHz = SAMPLE_RATES[((bytes[at + 2] ?? 0) >> 2) & 0x0f];
  const lengthBytes = (bytes.readUInt32BE(at + 2) >>> 5) & 0x1fff;
  if (sampleRateHz === undefined || lengthBytes < HEADER_BYTES) return undefined;
  return { lengthBytes, samples: SAMPLES_PER_BLOCK * (((bytes[at + 6] ?? 0) & 3) + 1), sampleRateHz };
}
