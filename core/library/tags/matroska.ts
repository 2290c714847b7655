import type { BlockReader, ByteSource } from "./block-reader.js";
import { type ByteRange, spliced } from "./byte-views.js";
import { bytesAt } from "./picture.js";

/** IDs of elements (RFC 9559, section 5.1, and RFC 8794, section 11.2). */
const ID = {
  ebmlHeader: 0x1a45dfa3,
  segment: 0x18538067,
  seekHead: 0x114d9b74,
  seek: 0x4dbb,
  seekId: 0x53ab,
  seekPosition: 0x53ac,
  info: 0x1549a966,
  tracks: 0x1654ae6b,
  tags: 0x1254c367,
  attachments: 0x1941a469,
  cluster: 0x1f43b675,
} as const;

/** What a parser of tags needs. */
const TELLING: readonly number[] = [ID.info, ID.tracks, ID.tags];
/** An EBML header has some 40 bytes; it is held in memory. */
const MAX_HEADER_BYTES = 4096;
/** Elements that are looked at in a file. */
const MAX_ELEMENTS = 20_000;
const MAX_ID_BYTES = 4;
const MAX_SIZE_BYTES = 8;
/** Positions that do not fit here lie in no file. */
const MAX_POSITION_BYTES = 6;
/** Elements that SeekHeads may name. */
const MAX_SOUGHT = 64;

/** An element of an EBML file: its header begins at `from`, its content lies from `dataAt` to before `to`. */
export interface EbmlElement extends ByteRange {
  readonly id: number;
  readonly dataAt: number;
  /** Whether its header tells a size; else it reaches as far as what it lies in. */
  readonly isSized: boolean;
}

/** Where the elements of a Matroska file lie that tell of it. */
export interface MatroskaMap {
  readonly ebmlHeader: EbmlElement;
  /** Info, Tracks and Tags in the order of the file. */
  readonly telling: readonly EbmlElement[];
  readonly attachments: readonly EbmlElement[];
}

// Tags and pictures are looked for one after the other, and a walk over clusters costs a block each.
const MAPS = new WeakMap<BlockReader, Promise<MatroskaMap | undefined>>();

/**
 * Finds the elements of a Matroska or WebM file that tell of it, without a look at each cluster of its audio: those behind
 * it are where a SeekHead says (RFC 9559, section 6.3). Only where there is none the clusters are stepped over one by one.
 *
 * @returns `undefined` where the file does not begin as one.
 */
export function mapMatroska(reader: BlockReader): Promise<MatroskaMap | undefined> {
  const map = MAPS.get(reader) ?? makeMap(reader);
  MAPS.set(reader, map);
  return map;
}

/** A Matroska file as one that has nothing but what tells of it: no audio, no index, no attachments. */
export async function matroskaHeaders(reader: BlockReader): Promise<ByteSource | undefined> {
  const map = await mapMatroska(reader);
  if (!map) return undefined;
  const start = await bytesAt(reader, 0, map.ebmlHeader.to);
  const header = Buffer.alloc(12);
  header.writeUInt32BE(ID.segment, 0);
  header.writeUIntBE(
    map.telling.reduce((sum, { from, to }) => sum + to - from, 0),
    6,
    6,
  );
  header[4] = 0x01;
  return spliced(reader, Buffer.concat([start, header]), map.telling);
}

/** The elements between two places, one after the other, until something is none. */
export async function* elementsIn(
  reader: BlockReader,
  from: number,
  to: number,
): AsyncGenerator<EbmlElement> {
  for (let at = from, count = 0; at < to && count < MAX_ELEMENTS; count++) {
    const element = await elementAt(reader, at, to);
    if (!element) return;
    yield element;
    at = element.to;
  }
}

async function makeMap(reader: BlockReader): Promise<MatroskaMap | undefined> {
  const ebmlHeader = await elementAt(reader, 0, reader.sizeBytes);
  if (ebmlHeader?.id !== ID.ebmlHeader || ebmlHeader.to > MAX_HEADER_BYTES) return undefined;
  const segment = await elementAt(reader, ebmlHeader.to, Number.POSITIVE_INFINITY);
  if (segment?.id !== ID.segment) return undefined;
  // A file that was cut off shows what is left of it.
  const end = Math.min(segment.to, reader.sizeBytes);

  const found = new Map<number, EbmlElement>();
  const sought = new Set<number>();
  for await (const element of elementsIn(reader, segment.dataAt, end)) {
    if (element.id === ID.cluster && (sought.size > 0 || !element.isSized)) break;
    found.set(element.from, element);
    await addSought(reader, segment, element, sought);
  }
  // One SeekHead may name another, so the set grows while it is gone through.
  for (const from of sought) {
    const element = found.has(from) ? undefined : await elementAt(reader, from, end);
    if (element?.isSized) found.set(from, element);
    if (element) await addSought(reader, segment, element, sought);
  }
  const elements = [...found.values()].sort((one, other) => one.from - other.from);
  return {
    ebmlHeader,
    telling: elements.filter(({ id }) => TELLING.includes(id)),
    attachments: elements.filter(({ id }) => id === ID.attachments),
  };
}

async function addSought(
  reader: BlockReader,
  segment: EbmlElement,
  element: EbmlElement,
  sought: Set<number>,
): Promise<void> {
  if (element.id !== ID.seekHead) return;
  for await (const seek of elementsIn(reader, element.dataAt, element.to)) {
    if (seek.id !== ID.seek || sought.size >= MAX_SOUGHT) continue;
    let id = 0;
    let position: number | undefined;
    for await (const { id: part, dataAt, to } of elementsIn(reader, seek.dataAt, seek.to)) {
      if (part === ID.seekId) id = await numberAt(reader, dataAt, to);
      if (part === ID.seekPosition) position = await numberAt(reader, dataAt, to);
    }
    const isWanted = TELLING.includes(id) || id === ID.attachments || id === ID.seekHead;
    if (isWanted && position !== undefined) sought.add(segment.dataAt + position);
  }
}

async function numberAt(reader: BlockReader, from: number, to: number): Promise<number> {
  const length = Math.min(to - from, MAX_SIZE_BYTES);
  const bytes = await bytesAt(reader, from, length);
  const leading = Math.max(0, bytes.length - MAX_POSITION_BYTES);
  if (bytes.length === 0 || bytes.subarray(0, leading).some((byte) => byte !== 0)) return 0;
  return bytes.readUIntBE(leading, bytes.length - leading);
}

// An ID keeps the bit that tells its length, a size does not; a size of ones only is not known (RFC 8794, sections 5 and 6).
async function elementAt(reader: BlockReader, at: number, end: number): Promise<EbmlElement | undefined> {
  const head = await bytesAt(reader, at, Math.min(MAX_ID_BYTES + MAX_SIZE_BYTES, end - at));
  const idBytes = Math.clz32(head[0] ?? 0) - 23;
  const sizeBytes = Math.clz32(head[idBytes] ?? 0) - 23;
  if (idBytes > MAX_ID_BYTES || sizeBytes > MAX_SIZE_BYTES || head.length < idBytes + sizeBytes)
    return undefined;
  const first = (head[idBytes] ?? 0) & (0xff >> sizeBytes);
  let size = first;
  let isSized = first !== 0xff >> sizeBytes;
  for (const byte of head.subarray(idBytes + 1, idBytes + sizeBytes)) {
    size = size * 256 + byte;
    isSized ||= byte !== 0xff;
  }
  const dataAt = at + idBytes + sizeBytes;
  if (isSized && dataAt + size > end) return undefined;
  return {
    id: head.readUIntBE(0, idBytes),
    from: at,
    dataAt,
    to: isSized ? dataAt + size : end,
    isSized,
  };
}
