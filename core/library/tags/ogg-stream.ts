import { type AudioFormat, FORMATS } from "./format.js";
import type { SniffedFormat } from "./sniff.js";

/** The audio stream of an Ogg file, as its first page describes it. */
export interface OggStream {
  readonly serial: number;
  /** How many units of granule position make a second. */
  readonly granulesPerSecond: number;
  /** Granules that a decoder drops at the beginning. */
  readonly preSkip: number;
}

/** RFC 3533, section 6: everything before the segment table. */
export const PAGE_HEADER_BYTES = 27;
export const FLAG_FIRST_PAGE = 0x02;

interface Codec {
  readonly signature: string;
  readonly format: AudioFormat;
  describe(packet: Buffer): Omit<OggStream, "serial">;
}

const CODECS: readonly Codec[] = [
  {
    signature: "\x01vorbis", // Vorbis I specification, 4.2.2
    format: FORMATS.vorbis,
    describe: (packet) => ({ granulesPerSecond: packet.readUInt32LE(12), preSkip: 0 }),
  },
  {
    signature: "OpusHead", // RFC 7845, section 5.1; granules always count 48 kHz
    format: FORMATS.opus,
    describe: (packet) => ({ granulesPerSecond: 48_000, preSkip: packet.readUInt16LE(10) }),
  },
  {
    signature: "\x7fFLAC", // RFC 9639, section 10.1; STREAMINFO begins at byte 17, its rate 10 bytes further
    format: FORMATS.oggFlac,
    describe: (packet) => ({ granulesPerSecond: packet.readUIntBE(27, 3) >> 4, preSkip: 0 }),
  },
  {
    signature: "Speex   ", // The Speex manual, 'Ogg file format'
    format: FORMATS.speex,
    describe: (packet) => ({ granulesPerSecond: packet.readUInt32LE(36), preSkip: 0 }),
  },
];

/** Looks through the first pages of all streams, which stand before any other page (RFC 3533, section 4). */
export function sniffOgg(head: Buffer): SniffedFormat | undefined {
  let audio: SniffedFormat | undefined;
  for (const page of firstPages(head)) {
    if (page.packet.toString("latin1", 0, 7) === "\x80theora") return { format: FORMATS.ogv };
    audio ??= describeStream(page);
  }
  return audio;
}

interface FirstPage {
  readonly serial: number;
  readonly packet: Buffer;
}

function* firstPages(head: Buffer): Generator<FirstPage> {
  for (let at = 0; at + PAGE_HEADER_BYTES <= head.length; ) {
    const isFirst = ((head[at + 5] ?? 0) & FLAG_FIRST_PAGE) !== 0;
    if (head.toString("latin1", at, at + 4) !== "OggS" || !isFirst) return;
    const start = at + PAGE_HEADER_BYTES + (head[at + 26] ?? 0);
    let length = 0;
    for (const segment of head.subarray(at + PAGE_HEADER_BYTES, start)) length += segment;
    yield { serial: head.readUInt32LE(at + 14), packet: head.subarray(start, start + length) };
    at = start + length;
  }
}

function describeStream({ serial, packet }: FirstPage): SniffedFormat | undefined {
  const codec = CODECS.find(({ signature }) => packet.toString("latin1", 0, signature.length) === signature);
  if (!codec) return undefined;
  const padded = packet.length < 64 ? Buffer.concat([packet], 64) : packet;
  return { format: codec.format, ogg: { serial, ...codec.describe(padded) } };
}
