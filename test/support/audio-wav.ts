import { formatId3 } from "./audio-id3.js";
import { createTune, TUNE_RATE_HZ } from "./audio-noise.js";
import { type AudioOptions, type AudioTags, planAudio } from "./audio-options.js";

const BYTES_PER_SAMPLE = 2;

/** A RIFF WAVE file: 16 bits, mono, 8 kHz, with its tags in an `id3 ` chunk after the audio. */
export function writeWav(tags: AudioTags, options: AudioOptions = {}): Buffer {
  const { durationMs, seed, cover, paddingBytes } = planAudio(options);
  const samples = createTune(seed, durationMs);
  const chunks = Buffer.concat([
    formatChunk("fmt ", formatBody()),
    formatChunk("data", Buffer.from(samples.buffer)),
    formatChunk("id3 ", formatId3(tags, cover, paddingBytes)),
  ]);
  return formatChunk("RIFF", Buffer.concat([Buffer.from("WAVE", "latin1"), chunks]));
}

/** A chunk; one of odd length is followed by a byte that its size doesn't count. */
function formatChunk(id: string, body: Uint8Array): Buffer {
  const header = Buffer.from(`${id}\0\0\0\0`, "latin1");
  header.writeUInt32LE(body.length, 4);
  return Buffer.concat([header, body, Buffer.alloc(body.length % 2)]);
}

function formatBody(): Buffer {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(1, 0);
  body.writeUInt16LE(1, 2);
  body.writeUInt32LE(TUNE_RATE_HZ, 4);
  body.writeUInt32LE(TUNE_RATE_HZ * BYTES_PER_SAMPLE, 8);
  body.writeUInt16LE(BYTES_PER_SAMPLE, 12);
  body.writeUInt16LE(8 * BYTES_PER_SAMPLE, 14);
  return body;
}
