import { crc32 } from "./audio-crc.js";

/** One packet, and the position in samples where its audio ends; 0 for a header. */
export interface OggPacket {
  readonly data: Uint8Array;
  readonly endSample: number;
}

const CONTINUED = 1;
const BEGIN_OF_STREAM = 2;
const END_OF_STREAM = 4;
const MAX_SEGMENTS = 255;
/** A page is closed at the first end of a packet past this size, as encoders do. */
const PAGE_BYTES = 4096;

/**
 * An Ogg stream (RFC 3533): the first header alone on its page, the other headers on pages of their own,
 * then the audio.
 */
export function formatOgg(
  serial: number,
  headers: readonly Uint8Array[],
  audio: readonly OggPacket[],
): Buffer {
  const [first, ...others] = headers.map((data): OggPacket => ({ data, endSample: 0 }));
  if (!first) throw new RangeError("An Ogg stream starts with a header packet.");
  const pages = [...paginate([first]), ...paginate(others), ...paginate(audio)];
  return Buffer.concat(
    pages.map((page, sequence) => formatPage(page, serial, sequence, flagsOf(pages, sequence))),
  );
}

/** What stands on one page. */
export interface OggPage {
  /** Lengths of the segments; a packet ends with the first one below 255. */
  readonly lacing: readonly number[];
  readonly body: Uint8Array;
  /** Where the last packet that ends on the page ends, in samples; -1 where none does. */
  readonly granule: bigint;
}

export function formatPage(page: OggPage, serial: number, sequence: number, flags: number): Buffer {
  const header = Buffer.alloc(27);
  header.write("OggS", "latin1");
  header.writeUInt8(flags, 5);
  header.writeBigInt64LE(page.granule, 6);
  header.writeUInt32LE(serial, 14);
  header.writeUInt32LE(sequence, 18);
  header.writeUInt8(page.lacing.length, 26);
  const bytes = Buffer.concat([header, Buffer.from(page.lacing), page.body]);
  bytes.writeUInt32LE(crc32(bytes), 22);
  return bytes;
}

function flagsOf(pages: readonly OggPage[], sequence: number): number {
  const continued = pages[sequence - 1]?.lacing.at(-1) === 255 ? CONTINUED : 0;
  const begins = sequence === 0 ? BEGIN_OF_STREAM : 0;
  const ends = sequence === pages.length - 1 ? END_OF_STREAM : 0;
  return continued | begins | ends;
}

function* paginate(packets: readonly OggPacket[]): Generator<OggPage> {
  let page = createPage();
  for (const { data, endSample } of packets) {
    for (let start = 0; start <= data.length; start += 255) {
      const segment = data.subarray(start, start + 255);
      page.add(segment);
      if (segment.length < 255) page.granule = BigInt(endSample);
      const full = segment.length < 255 && page.sizeBytes > PAGE_BYTES;
      if (!full && page.lacing.length < MAX_SEGMENTS) continue;
      yield page.close();
      page = createPage();
    }
  }
  if (page.lacing.length > 0) yield page.close();
}

function createPage() {
  const segments: Uint8Array[] = [];
  return {
    lacing: [] as number[],
    granule: -1n,
    sizeBytes: 0,
    add(segment: Uint8Array) {
      segments.push(segment);
      this.lacing.push(segment.length);
      this.sizeBytes += segment.length;
    },
    close(): OggPage {
      return { lacing: this.lacing, body: Buffer.concat(segments), granule: this.granule };
    },
  };
}
