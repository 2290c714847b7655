import { createNoise } from "./audio-noise.js";
import { formatOgg, type OggPacket } from "./audio-ogg.js";
import { type AudioOptions, type AudioTags, planAudio } from "./audio-options.js";
import { formatPicture, formatVorbisComment } from "./audio-vorbis-comment.js";

/** Opus in Ogg always counts at 48 kHz (RFC 7845, 4). */
const SAMPLES_PER_PACKET = 960;
const SAMPLE_RATE_HZ = 48_000;
const PRE_SKIP = 312;
const FILLER_BYTES = 40;

/**
 * An Ogg Opus file (RFC 7845): packets of 20 ms of silence, each with padding that the seed fills.
 * A decoder ignores what stands in the padding (RFC 6716, 3.2.5).
 */
export function writeOpus(tags: AudioTags, options: AudioOptions = {}): Buffer {
  const { durationMs, seed, cover, paddingBytes } = planAudio(options);
  const endSample = PRE_SKIP + Math.ceil((durationMs * SAMPLE_RATE_HZ) / 1000);
  const pictures = cover ? [`METADATA_BLOCK_PICTURE=${formatPicture(cover).toString("base64")}`] : [];
  const comment = Buffer.concat([
    Buffer.from("OpusTags", "latin1"),
    formatVorbisComment(tags, pictures),
    Buffer.alloc(paddingBytes),
  ]);
  return formatOgg(seed >>> 0, [opusHead(), comment], packetsOf(endSample, seed));
}

function opusHead(): Buffer {
  const head = Buffer.alloc(19);
  head.write("OpusHead", "latin1");
  const version = 1;
  const channels = 1;
  head.writeUInt8(version, 8);
  head.writeUInt8(channels, 9);
  head.writeUInt16LE(PRE_SKIP, 10);
  head.writeUInt32LE(SAMPLE_RATE_HZ, 12);
  return head;
}

/** The last packet may end before its samples do (RFC 7845, 4.4). */
function packetsOf(lastSample: number, seed: number): OggPacket[] {
  const celtFullband20msMono = 31 << 3;
  const anyNumberOfFrames = 3;
  const oneFrameWithPadding = 0x41;
  const silence = [0xff, 0xfe];
  const head = [celtFullband20msMono | anyNumberOfFrames, oneFrameWithPadding, FILLER_BYTES, ...silence];
  const data = Buffer.concat([Buffer.from(head), createNoise(seed, FILLER_BYTES)]);
  return Array.from({ length: Math.ceil(lastSample / SAMPLES_PER_PACKET) }, (_, index) => ({
    data,
    endSample: Math.min((index + 1) * SAMPLES_PER_PACKET, lastSample),
  }));
}
