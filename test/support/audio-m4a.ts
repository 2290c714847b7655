import { formatAtom, formatFullAtom, formatMatrix, uint16s, uint32s } from "./audio-m4a-atoms.js";
import { formatItunesTags } from "./audio-m4a-tags.js";
import { createNoise } from "./audio-noise.js";
import { type AudioOptions, type AudioTags, planAudio } from "./audio-options.js";

const SAMPLE_RATE_HZ = 44_100;
const SAMPLES_PER_FRAME = 1024;
const FILLER_BYTES = 80;

/**
 * An MP4 audio file (ISO/IEC 14496-12, -14) with AAC-LC frames of silence, each with a data stream element
 * that the seed fills (ISO/IEC 14496-3, 4.4.2.1). `moov` comes first; the padding is a `free` atom.
 */
export function writeM4a(tags: AudioTags, options: AudioOptions = {}): Buffer {
  const { durationMs, seed, cover, paddingBytes } = planAudio(options);
  const count = Math.max(1, Math.ceil((durationMs * SAMPLE_RATE_HZ) / 1000 / SAMPLES_PER_FRAME));
  const frame = silentFrame(createNoise(seed, FILLER_BYTES));
  const fileType = formatAtom("ftyp", Buffer.from("M4A \0\0\0\0M4A mp42isom", "latin1"));
  const free = paddingBytes > 0 ? formatAtom("free", Buffer.alloc(paddingBytes)) : Buffer.alloc(0);
  const userData = formatAtom("udta", formatItunesTags(tags, cover));
  const movieAt = (audioOffset: number) => movie(count, frame.length, audioOffset, userData);
  // The offset of the audio stands in the movie, whose size doesn't depend on it.
  const audioOffset = fileType.length + movieAt(0).length + free.length + 8;
  const media = formatAtom("mdat", ...Array.from({ length: count }, () => frame));
  return Buffer.concat([fileType, movieAt(audioOffset), free, media]);
}

/**
 * A mono AAC frame without a single spectral line: 29 bits of zeros are a channel element, then comes
 * a data stream element (id 4, aligned, its length in 8 bits), then the end (id 7).
 */
function silentFrame(filler: Uint8Array): Buffer {
  const length = filler.length;
  return Buffer.concat([
    Buffer.of(0, 0, 0, 0x04, 0x08 | (length >>> 5), (length << 3) & 0xff),
    filler,
    Buffer.of(0xe0),
  ]);
}

function movie(count: number, frameBytes: number, audioOffset: number, userData: Uint8Array): Buffer {
  const duration = count * SAMPLES_PER_FRAME;
  return formatAtom("moov", movieHeader(duration), track(count, frameBytes, audioOffset), userData);
}

function movieHeader(duration: number): Buffer {
  const rateAndVolume = [uint32s(0x10000), uint16s(0x0100), Buffer.alloc(10)];
  const nextTrack = uint32s(2);
  const body = [
    uint32s(0, 0, SAMPLE_RATE_HZ, duration),
    ...rateAndVolume,
    formatMatrix(),
    Buffer.alloc(24),
    nextTrack,
  ];
  return formatFullAtom("mvhd", 0, ...body);
}

function track(count: number, frameBytes: number, audioOffset: number): Buffer {
  const duration = count * SAMPLES_PER_FRAME;
  const enabledInMovie = 3;
  const volume = [uint32s(0, 0), uint16s(0, 0, 0x0100, 0)];
  const header = [uint32s(0, 0, 1, 0, duration), ...volume, formatMatrix(), uint32s(0, 0)];
  const undetermined = 0x55c4;
  const media = formatAtom(
    "mdia",
    formatFullAtom("mdhd", 0, uint32s(0, 0, SAMPLE_RATE_HZ, duration), uint16s(undetermined, 0)),
    formatFullAtom("hdlr", 0, uint32s(0), Buffer.from("soun", "latin1"), Buffer.alloc(13)),
    formatAtom(
      "minf",
      formatFullAtom("smhd", 0, uint32s(0)),
      dataInformation(),
      sampleTable(count, frameBytes, audioOffset),
    ),
  );
  return formatAtom("trak", formatFullAtom("tkhd", enabledInMovie, ...header), media);
}

function dataInformation(): Buffer {
  const inThisFile = 1;
  return formatAtom("dinf", formatFullAtom("dref", 0, uint32s(1), formatFullAtom("url ", inThisFile)));
}

function sampleTable(count: number, frameBytes: number, audioOffset: number): Buffer {
  return formatAtom(
    "stbl",
    formatFullAtom("stsd", 0, uint32s(1), sampleEntry()),
    formatFullAtom("stts", 0, uint32s(1, count, SAMPLES_PER_FRAME)),
    formatFullAtom("stsc", 0, uint32s(1, 1, count, 1)),
    formatFullAtom("stsz", 0, uint32s(frameBytes, count)),
    formatFullAtom("stco", 0, uint32s(1, audioOffset)),
  );
}

function sampleEntry(): Buffer {
  const dataReference = 1;
  const channels = 1;
  const head = [
    uint16s(0, 0, 0, dataReference),
    uint32s(0, 0),
    uint16s(channels, 16, 0, 0),
    uint32s(SAMPLE_RATE_HZ * 65_536),
  ];
  return formatAtom("mp4a", ...head, formatFullAtom("esds", 0, elementaryStream()));
}

/** The descriptors of an AAC-LC stream, 44.1 kHz, mono (ISO/IEC 14496-1, 7.2.6). */
function elementaryStream(): Buffer {
  const specificConfig = descriptor(0x05, Buffer.of(0x12, 0x08));
  const aac = 0x40;
  const audioStream = 0x15;
  const config = descriptor(
    0x04,
    Buffer.of(aac, audioStream, 0, 0, 0),
    uint32s(32_000, 32_000),
    specificConfig,
  );
  return descriptor(0x03, Buffer.of(0, 1, 0), config, descriptor(0x06, Buffer.of(2)));
}

function descriptor(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.of(tag, body.length), body]);
}
