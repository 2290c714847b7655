import type { AudioBounds } from "./audio-bounds.js";
import { type FileView, readAll, textAt } from "./file-view.js";

/** A format that consists of chunks: an id of four letters, a size, and that many bytes. */
interface ChunkFormat {
  readonly name: string;
  /** Behind the header of the whole. */
  readonly firstAt: number;
  readonly sizeBytes: 4 | 8;
  readonly order: "little" | "big";
  /** Whether a chunk's size counts its header. */
  readonly countsHeader?: boolean;
  /** Whether a chunk of odd length is followed by a byte that its size does not count. */
  readonly isPadded: boolean;
  readonly audio: readonly string[];
}

const MAX_CHUNKS = 1024;
/** In place of a size that 32 bits cannot hold (EBU Tech 3306, RF64). */
const SIZE_ELSEWHERE = 0xffffffff;

const WAV: ChunkFormat = {
  name: "wav",
  firstAt: 12,
  sizeBytes: 4,
  order: "little",
  isPadded: true,
  audio: ["data"],
};
const AIFF: ChunkFormat = { ...WAV, name: "aiff", order: "big", audio: ["SSND"] };
/** DSDIFF 1.5 */
const DSDIFF: ChunkFormat = {
  name: "dsdiff",
  firstAt: 16,
  sizeBytes: 8,
  order: "big",
  isPadded: true,
  audio: ["DSD ", "DST "],
};
/** DSF File Format Specification 1.01: the header is a chunk like the others. */
const DSF: ChunkFormat = {
  name: "dsf",
  firstAt: 0,
  sizeBytes: 8,
  order: "little",
  countsHeader: true,
  isPadded: false,
  audio: ["data"],
};

/** The chunk with the audio of a WAV, AIFF, DSF or DSDIFF. @returns `"none"` where the file is none of them. */
export async function findChunkedAudio(
  file: FileView,
  start: number,
  magic: Buffer,
): Promise<AudioBounds | undefined | "none"> {
  const format = formatOf(textAt(magic, 0, 4), textAt(magic, 8, 4));
  return format ? findChunk(file, start, format) : "none";
}

function formatOf(begin: string, kind: string): ChunkFormat | undefined {
  if ((begin === "RIFF" || begin === "RF64") && kind === "WAVE") return WAV;
  if (begin === "FORM" && /^AIF[FC]$/.test(kind)) return AIFF;
  if (begin === "FRM8") return DSDIFF;
  return begin === "DSD " ? DSF : undefined;
}

async function findChunk(
  file: FileView,
  start: number,
  format: ChunkFormat,
): Promise<AudioBounds | undefined> {
  const headerBytes = 4 + format.sizeBytes;
  let large: number | undefined;
  let at = start + format.firstAt;
  for (let chunks = 0; chunks < MAX_CHUNKS; chunks += 1) {
    const header = await readAll(file, at, headerBytes);
    if (!header) return undefined;
    const id = textAt(header, 0, 4);
    const stated = sizeOf(header, format) - (format.countsHeader ? headerBytes : 0);
    const length = stated === SIZE_ELSEWHERE && format === WAV ? large : stated;
    if (length === undefined || length < 0) return undefined;
    at += headerBytes;
    if (format.audio.includes(id)) {
      return { offsetBytes: at, lengthBytes: length, says: format.name, hasChecksum: false };
    }
    if (id === "ds64") large = Number((await readAll(file, at + 8, 8))?.readBigUInt64LE(0) ?? -1n);
    at += length + (format.isPadded ? length % 2 : 0);
  }
  return undefined;
}

function sizeOf(header: Buffer, { sizeBytes, order }: ChunkFormat): number {
  if (sizeBytes === 4) return order === "little" ? header.readUInt32LE(4) : header.readUInt32BE(4);
  return Number(order === "little" ? header.readBigUInt64LE(4) : header.readBigUInt64BE(4));
}
