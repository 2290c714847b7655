import { formatId3 } from "./audio-id3.js";
import { createNoise } from "./audio-noise.js";
import { type AudioOptions, type AudioTags, planAudio } from "./audio-options.js";

const SAMPLE_RATE_HZ = 44_100;
const SAMPLES_PER_FRAME = 1152;
/** 144 * 32,000 bit/s / 44,100 Hz, without the padding slot. */
const FRAME_BYTES = 104;
/** MPEG-1 layer III, no CRC, 32 kbit/s, 44.1 kHz, no padding, mono. */
const FRAME_HEADER = Buffer.of(0xff, 0xfb, 0x10, 0xc0);
const SIDE_INFO_BYTES = 17;
const HEAD_BYTES = FRAME_HEADER.length + SIDE_INFO_BYTES;

/**
 * An MP3 file: an ID3v2.4 tag, an `Info` frame that counts the frames, and MPEG frames of silence.
 * Side info of zeros says that a frame has no audio data, so all that follows is ancillary data
 * (ISO/IEC 11172-3, 2.4.1.7), which the seed fills.
 */
export function writeMp3(tags: AudioTags, options: AudioOptions = {}): Buffer {
  const { durationMs, seed, cover, paddingBytes } = planAudio(options);
  const count = Math.max(1, Math.ceil((durationMs * SAMPLE_RATE_HZ) / 1000 / SAMPLES_PER_FRAME));
  const noise = createNoise(seed, FRAME_BYTES - HEAD_BYTES);
  const frames = Buffer.alloc(FRAME_BYTES * count);
  for (let start = 0; start < frames.length; start += FRAME_BYTES) {
    FRAME_HEADER.copy(frames, start);
    noise.copy(frames, start + HEAD_BYTES);
  }
  return Buffer.concat([formatId3(tags, cover, paddingBytes), infoFrame(count), frames]);
}

function infoFrame(frameCount: number): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES);
  FRAME_HEADER.copy(frame);
  frame.write("Info", HEAD_BYTES, "latin1");
  const hasFramesAndBytes = 3;
  frame.writeUInt32BE(hasFramesAndBytes, HEAD_BYTES + 4);
  frame.writeUInt32BE(frameCount, HEAD_BYTES + 8);
  frame.writeUInt32BE(FRAME_BYTES * (frameCount + 1), HEAD_BYTES + 12);
  return frame;
}
