import type { BlockReader } from "./block-reader.js";
import { type AudioFormat, extensionOf, FORMATS } from "./format.js";
import { findMpegFormat } from "./mpeg-sync.js";
import { type OggStream, sniffOgg } from "./ogg-stream.js";

/** What a file is, told by its content. */
export interface SniffedFormat {
  readonly format: AudioFormat;
  /** The stream to take the duration of, in an Ogg. */
  readonly ogg?: OggStream;
}

/** Enough for every format that begins as it should. */
const HEAD_BYTES = 4 * 1024;
/** As much as is looked at for the first frame of an MP3 that begins with something else. */
const SEARCHED_BYTES = 64 * 1024;

/**
 * Tells the format of a file by its content; its name only breaks ties that the content leaves.
 *
 * @param contentStart where the content begins behind an ID3v2 tag, 0 without one.
 * @returns `undefined` where it is no audio format that is known here.
 */
export async function sniffFormat(
  reader: BlockReader,
  contentStart: number,
  path: string,
): Promise<SniffedFormat | undefined> {
  const head = await readHead(reader, contentStart, HEAD_BYTES);
  if (magic(head, 0, 4) === "OggS") return sniffOgg(head);
  const format = byMagic(head) ?? (await findMpeg(reader, contentStart, head));
  return format && { format: byName(format, path) };
}

async function findMpeg(
  reader: BlockReader,
  contentStart: number,
  head: Buffer,
): Promise<AudioFormat | undefined> {
  const isWhole = contentStart + head.length === reader.sizeBytes;
  const atOnce = findMpegFormat(head, isWhole);
  if (atOnce || isWhole) return atOnce ?? taggedAsMpeg(contentStart);
  const more = await readHead(reader, contentStart, SEARCHED_BYTES);
  return findMpegFormat(more, contentStart + more.length === reader.sizeBytes) ?? taggedAsMpeg(contentStart);
}

// What has an ID3v2 tag and nothing known behind it is an MP3 that is damaged, or has no audio.
function taggedAsMpeg(contentStart: number): AudioFormat | undefined {
  return contentStart > 0 ? FORMATS.mp3 : undefined;
}

async function readHead(reader: BlockReader, from: number, lengthBytes: number): Promise<Buffer> {
  const buffer = Buffer.allocUnsafeSlow(Math.max(0, Math.min(lengthBytes, reader.sizeBytes - from)));
  const read = reader.read(buffer, from);
  return buffer.subarray(0, typeof read === "number" ? read : await read);
}

function byName(format: AudioFormat, path: string): AudioFormat {
  const extension = extensionOf(path);
  return format.otherExtensions?.includes(extension) ? { ...format, extension } : format;
}

function byMagic(head: Buffer): AudioFormat | undefined {
  return MAGICS.get(magic(head, 0, 4)) ?? byLongerMagic(head);
}

const MAGICS: ReadonlyMap<string, AudioFormat> = new Map<string, AudioFormat>([
  ["fLaC", FORMATS.flac],
  ["MAC ", FORMATS.ape],
  ["wvpk", FORMATS.wavpack],
  ["DSD ", FORMATS.dsf],
  ["FRM8", FORMATS.dff],
  ["MPCK", FORMATS.musepack],
  ["TTA1", FORMATS.tta],
  ["TTA2", FORMATS.tta],
  ["tBaK", FORMATS.tak],
  ["ajkg", FORMATS.shorten],
  ["OFR ", FORMATS.ofr],
  [".snd", FORMATS.au],
  ["caff", FORMATS.caf],
  ["\x7f\xfe\x80\x01", FORMATS.dts],
]);

function byLongerMagic(head: Buffer): AudioFormat | undefined {
  if (magic(head, 0, 3) === "MP+") return FORMATS.musepack;
  if (magic(head, 0, 5) === "#!AMR") return FORMATS.amr;
  if (magic(head, 4, 8) === "ftyp") return byBrand(magic(head, 8, 12));
  if (OLD_QUICKTIME_ATOMS.has(magic(head, 4, 8))) return FORMATS.mov;
  if (isRiff(head) && magic(head, 8, 12) === "WAVE") return FORMATS.wav;
  if (magic(head, 0, 4) === "FORM" && /^AIF[FC]$/.test(magic(head, 8, 12))) return FORMATS.aiff;
  if (magic(head, 0, 4) === "riff" && head[4] === 0x2e) return FORMATS.w64;
  if (magic(head, 0, 4) === "\x1aE\xdf\xa3") return byDocType(head);
  if (magic(head, 0, 8) === ASF_HEADER) return FORMATS.wma;
  return isAc3(head) ? FORMATS.ac3 : undefined;
}

/** The beginning of the GUID of an ASF header object (Advanced Systems Format specification, 10.1). */
const ASF_HEADER = "\x30\x26\xb2\x75\x8e\x66\xcf\x11";

/** QuickTime files older than the `ftyp` atom begin with one of these. */
const OLD_QUICKTIME_ATOMS: ReadonlySet<string> = new Set(["moov", "mdat", "wide", "free", "skip", "pnot"]);

function byBrand(brand: string): AudioFormat {
  if (brand.startsWith("M4B")) return FORMATS.m4b;
  return brand === "qt  " ? FORMATS.mov : FORMATS.m4a;
}

function isRiff(head: Buffer): boolean {
  return ["RIFF", "RF64", "RIFX"].includes(magic(head, 0, 4));
}

// The DocType element (0x4282) stands among the first elements of the EBML header (RFC 8794, section 11.2.6).
function byDocType(head: Buffer): AudioFormat {
  return head.subarray(0, 64).includes("webm", 0, "latin1") ? FORMATS.webm : FORMATS.matroska;
}

// Two syncwords (ATSC A/52, 5.3.1), since one of two bytes may be chance.
function isAc3(head: Buffer): boolean {
  return head[0] === 0x0b && head[1] === 0x77 && head.subarray(64, 4096).includes(Buffer.of(0x0b, 0x77));
}

function magic(head: Buffer, from: number, to: number): string {
  return head.toString("latin1", from, Math.min(to, head.length));
}
