import { createNoise } from "./audio-noise.js";
import { formatOgg, type OggPacket } from "./audio-ogg.js";
import { type AudioOptions, type AudioTags, planAudio } from "./audio-options.js";
import { formatPicture, formatVorbisComment } from "./audio-vorbis-comment.js";

const SAMPLE_RATE_HZ = 44_100;
const BLOCK_EXPONENT = 11;
/** A packet ends half a block after the one before it; the first one gives nothing. */
const SAMPLES_PER_PACKET = 2 ** BLOCK_EXPONENT / 2;
const FILLER_BYTES = 80;

/**
 * An Ogg Vorbis file (https://xiph.org/vorbis/doc/Vorbis_I_spec.html) with the smallest setup that the
 * format knows. A packet whose floor is unused is silence, and what follows in it is ignored: the seed
 * fills that.
 */
export function writeVorbis(tags: AudioTags, options: AudioOptions = {}): Buffer {
  const { durationMs, seed, cover, paddingBytes } = planAudio(options);
  const count = Math.max(1, Math.ceil((durationMs * SAMPLE_RATE_HZ) / 1000 / SAMPLES_PER_PACKET));
  const pictures = cover ? [`METADATA_BLOCK_PICTURE=${formatPicture(cover).toString("base64")}`] : [];
  const framingBit = Buffer.of(1);
  const comment = Buffer.concat([
    formatVorbisComment(tags, pictures),
    framingBit,
    Buffer.alloc(paddingBytes),
  ]);
  const headers = [headerPacket(1, identification()), headerPacket(3, comment), headerPacket(5, setup())];
  return formatOgg(seed >>> 0, headers, packetsOf(count, seed));
}

function headerPacket(type: 1 | 3 | 5, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(type), Buffer.from("vorbis", "latin1"), body]);
}

function identification(): Buffer {
  const body = Buffer.alloc(23);
  const channels = 1;
  body.writeUInt8(channels, 4);
  body.writeUInt32LE(SAMPLE_RATE_HZ, 5);
  body.writeUInt32LE(24_000, 13);
  body.writeUInt8((BLOCK_EXPONENT << 4) | BLOCK_EXPONENT, 21);
  body.writeUInt8(1, 22);
  return body;
}

/** One of each: codebook, floor, residue, mapping, mode (section 4.2.4). Each line is [value, bits]. */
function setup(): Buffer {
  const codebook = [
    [0x564342, 24],
    [1, 16],
    [2, 24],
    [0, 1],
    [0, 1],
    [0, 5],
    [0, 5],
    [0, 4],
  ];
  const time = [
    [0, 6],
    [0, 16],
  ];
  const floorOfNoPartition = [
    [0, 6],
    [1, 16],
    [0, 5],
    [0, 2],
    [7, 4],
  ];
  const residueOfNothing = [
    [0, 6],
    [0, 16],
    [0, 24],
    [0, 24],
    [0, 24],
    [0, 6],
    [0, 8],
    [0, 3],
    [0, 1],
  ];
  const mapping = [
    [0, 6],
    [0, 16],
    [0, 1],
    [0, 1],
    [0, 2],
    [0, 8],
    [0, 8],
    [0, 8],
  ];
  const mode = [
    [0, 6],
    [0, 1],
    [0, 16],
    [0, 16],
    [0, 8],
  ];
  const framing = [[1, 1]];
  const one = [[0, 8]];
  return packBits([
    ...one,
    ...codebook,
    ...time,
    ...floorOfNoPartition,
    ...residueOfNothing,
    ...mapping,
    ...mode,
    ...framing,
  ]);
}

/** Lowest bit first, as Vorbis packs (section 2). */
function packBits(fields: readonly (readonly number[])[]): Buffer {
  const bits = fields.flatMap(([value = 0, width = 0]) =>
    Array.from({ length: width }, (_, bit) => (value >>> bit) & 1),
  );
  const bytes = Buffer.alloc(Math.ceil(bits.length / 8));
  for (const [index, bit] of bits.entries())
    bytes[index >>> 3] = (bytes[index >>> 3] ?? 0) | (bit << (index & 7));
  return bytes;
}

function packetsOf(count: number, seed: number): OggPacket[] {
  const audioOfUnusedFloor = Buffer.of(0);
  const data = Buffer.concat([audioOfUnusedFloor, createNoise(seed, FILLER_BYTES)]);
  return Array.from({ length: count + 1 }, (_, index) => ({ data, endSample: index * SAMPLES_PER_PACKET }));
}
