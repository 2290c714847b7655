import { createHash } from "node:crypto";
import { crc8, crc16 } from "./audio-crc.js";
import { createTune, TUNE_RATE_HZ } from "./audio-noise.js";
import { type AudioOptions, type AudioTags, planAudio } from "./audio-options.js";
import { formatPicture, formatVorbisComment } from "./audio-vorbis-comment.js";

const SAMPLES_PER_FRAME = 4096;
const BYTES_PER_SAMPLE = 2;

const STREAMINFO = 0;
const PADDING = 1;
const VORBIS_COMMENT = 4;
const PICTURE = 6;

/** A FLAC file (RFC 9639): 16 bits, mono, 8 kHz, its samples stored verbatim. */
export function writeFlac(tags: AudioTags, options: AudioOptions = {}): Buffer {
  const { durationMs, seed, cover, paddingBytes } = planAudio(options);
  const samples = createTune(seed, durationMs);
  const blocks: [number, Buffer][] = [
    [STREAMINFO, streamInfo(samples)],
    [VORBIS_COMMENT, formatVorbisComment(tags)],
  ];
  if (cover) blocks.push([PICTURE, formatPicture(cover)]);
  if (paddingBytes > 0) blocks.push([PADDING, Buffer.alloc(paddingBytes)]);
  const metadata = blocks.map(([type, body], index) => formatBlock(type, body, index === blocks.length - 1));
  return Buffer.concat([Buffer.from("fLaC", "latin1"), ...metadata, ...framesOf(samples)]);
}

/** A metadata block. `claimedBytes` is what its header says, for tests that lie. */
export function formatBlock(
  type: number,
  body: Uint8Array,
  last: boolean,
  claimedBytes = body.length,
): Buffer {
  const header = Buffer.alloc(4);
  header.writeUInt8(last ? type | 0x80 : type);
  header.writeUIntBE(claimedBytes, 1, 3);
  return Buffer.concat([header, body]);
}

function streamInfo(samples: Int16Array): Buffer {
  const info = Buffer.alloc(34);
  info.writeUInt16BE(SAMPLES_PER_FRAME, 0);
  info.writeUInt16BE(SAMPLES_PER_FRAME, 2);
  const channelsLessOne = 0n;
  const bitsLessOne = BigInt(8 * BYTES_PER_SAMPLE - 1);
  const rate = BigInt(TUNE_RATE_HZ);
  info.writeBigUInt64BE(
    (rate << 44n) | (channelsLessOne << 41n) | (bitsLessOne << 36n) | BigInt(samples.length),
    10,
  );
  createHash("md5").update(new Uint8Array(samples.buffer)).digest().copy(info, 18);
  return info;
}

function* framesOf(samples: Int16Array): Generator<Buffer> {
  for (let number = 0; number * SAMPLES_PER_FRAME < samples.length; number += 1) {
    const start = number * SAMPLES_PER_FRAME;
    yield formatFlacFrame(number, samples.subarray(start, start + SAMPLES_PER_FRAME));
  }
}

function formatFlacFrame(number: number, samples: Int16Array): Buffer {
  const header = frameHeader(number, samples.length);
  const frame = Buffer.alloc(header.length + 2 + samples.length * BYTES_PER_SAMPLE + 2);
  header.copy(frame);
  frame.writeUInt8(crc8(header), header.length);
  const verbatim = 0b0000_0010;
  frame.writeUInt8(verbatim, header.length + 1);
  const body = Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength);
  body.copy(frame, header.length + 2);
  frame.subarray(header.length + 2, -2).swap16();
  frame.writeUInt16BE(crc16(frame.subarray(0, -2)), frame.length - 2);
  return frame;
}

function frameHeader(number: number, sampleCount: number): Buffer {
  const sizeInTwoBytes = 0b0111 << 4;
  const rateOf8000 = 0b0100;
  const depthOf16 = 0b100 << 1;
  const size = Buffer.alloc(2);
  size.writeUInt16BE(sampleCount - 1);
  return Buffer.concat([
    Buffer.of(0xff, 0xf8, sizeInTwoBytes | rateOf8000, depthOf16),
    codedNumber(number),
    size,
  ]);
}

/** A frame's number is coded as UTF-8 would code that character, of any value up to 31 bits. */
function codedNumber(number: number): Buffer {
  if (number < 0x80) return Buffer.of(number);
  const tail: number[] = [];
  let rest = number;
  let headBits = 6;
  while (rest >= 1 << headBits) {
    tail.unshift(0x80 | (rest & 0x3f));
    rest = Math.floor(rest / 64);
    headBits -= 1;
  }
  const lead = (0xff << (headBits + 1)) & 0xff;
  return Buffer.of(lead | rest, ...tail);
}
