/**
 * Writers of tagged audio files that need no encoder and no other file: several thousand files a second,
 * each of which decodes cleanly. FLAC and WAV hold a small tune, the others silence; in all of them the seed
 * changes the bytes of the audio.
 */
import { writeFlac } from "./audio-flac.js";
import { writeM4a } from "./audio-m4a.js";
import { writeMp3 } from "./audio-mp3.js";
import type { AudioOptions, AudioTags } from "./audio-options.js";
import { writeOpus } from "./audio-opus.js";
import { writeVorbis } from "./audio-vorbis.js";
import { writeWav } from "./audio-wav.js";

export type { AudioOptions, AudioTags, Cover } from "./audio-options.js";
export { writeFlac, writeM4a, writeMp3, writeOpus, writeVorbis, writeWav };

const WRITERS = {
  flac: writeFlac,
  mp3: writeMp3,
  m4a: writeM4a,
  ogg: writeVorbis,
  opus: writeOpus,
  wav: writeWav,
} as const;

/** A format, by its usual extension. */
export type AudioFormat = keyof typeof WRITERS;

export const AUDIO_FORMATS = Object.freeze(Object.keys(WRITERS)) as readonly AudioFormat[];

/** A whole file in `format`. */
export function writeAudio(format: AudioFormat, tags: AudioTags, options: AudioOptions = {}): Buffer {
  return WRITERS[format](tags, options);
}
