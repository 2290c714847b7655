import { type AudioFormat, FORMATS } from "./format.js";

/** kbit/s by version, layer and bitrate index (ISO/IEC 11172-3, 2.4.2.3; ISO/IEC 13818-3, 2.4.2.3). */
const BITRATES: Readonly<Record<string, readonly number[]>> = {
  "1/1": [0, 32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448],
  "1/2": [0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384],
  "1/3": [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  "2/1": [0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256],
  "2/2": [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
  "2/3": [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};
/** Hz by version bits (0: MPEG-2.5, 2: MPEG-2, 3: MPEG-1) and sampling rate index. */
const SAMPLE_RATES: readonly (readonly number[])[] = [
  [11_025, 12_000, 8_000],
  [],
  [22_050, 24_000, 16_000],
  [44_100, 48_000, 32_000],
];
const BY_LAYER: Readonly<Record<number, AudioFormat>> = { 1: FORMATS.mp1, 2: FORMATS.mp2, 3: FORMATS.mp3 };

interface Frame {
  readonly format: AudioFormat;
  readonly lengthBytes: number;
}

/**
 * Finds the first two frames of MPEG audio or ADTS that follow each other in `head`, since eleven bits of
 * sync alone are found in anything.
 *
 * @param isWhole whether `head` is all that there is; then a single frame will do.
 */
export function findMpegFormat(head: Buffer, isWhole: boolean): AudioFormat | undefined {
  for (let at = head.indexOf(0xff); at >= 0; at = head.indexOf(0xff, at + 1)) {
    const frame = frameAt(head, at);
    if (!frame) continue;
    const next = at + frame.lengthBytes;
    const isOnly = isWhole && at === 0 && next >= head.length;
    if (isOnly || frameAt(head, next)?.format === frame.format) return frame.format;
  }
  return undefined;
}

function frameAt(head: Buffer, at: number): Frame | undefined {
  if (at + 6 > head.length || head[at] !== 0xff) return undefined;
  const second = head[at + 1] ?? 0;
  if ((second & 0xf6) === 0xf0) return adtsFrame(head, at);
  if ((second & 0xe0) !== 0xe0) return undefined;
  return mpegFrame(second, head[at + 2] ?? 0);
}

// ISO/IEC 11172-3, 2.4.1.3: the header of a frame.
function mpegFrame(second: number, third: number): Frame | undefined {
  const version = (second >> 3) & 3;
  const layer = 4 - ((second >> 1) & 3);
  const sampleRate = SAMPLE_RATES[version]?.[(third >> 2) & 3];
  const kbps = BITRATES[`${version === 3 ? 1 : 2}/${layer}`]?.[third >> 4];
  const format = BY_LAYER[layer];
  if (!sampleRate || !kbps || !format) return undefined;
  const padding = (third >> 1) & 1;
  const bytesOf = (samples: number) => Math.floor((samples / 8) * ((kbps * 1000) / sampleRate));
  if (layer === 1) return { format, lengthBytes: 4 * (Math.floor((12_000 * kbps) / sampleRate) + padding) };
  return { format, lengthBytes: bytesOf(layer === 3 && version !== 3 ? 576 : 1152) + padding };
}

// ISO/IEC 13818-7, 6.2: thirteen bits of length, the header included.
function adtsFrame(head: Buffer, at: number): Frame | undefined {
  const lengthBytes = (head.readUIntBE(at + 3, 3) >> 5) & 0x1fff;
  const rateIndex = ((head[at + 2] ?? 0) >> 2) & 15;
  return lengthBytes < 7 || rateIndex > 12 ? undefined : { format: FORMATS.aac, lengthBytes };
}
