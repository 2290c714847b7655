import { formatBlock } from "./audio-flac.js";
import { formatAtom, formatLyingAtom, uint32s } from "./audio-m4a-atoms.js";
import { formatPage, type OggPage } from "./audio-ogg.js";
import { writeFlac, writeM4a, writeOpus, writeVorbis, writeWav } from "./audio-writer.js";
import type { HostileCase } from "./hostile-files.js";

const PLAIN = { title: "Plain", artists: ["Nobody"] };
const FILE_TYPE = formatAtom("ftyp", Buffer.from("M4A \0\0\0\0M4A ", "latin1"));

export const HOSTILE_MP4: readonly HostileCase[] = [
  {
    path: "mp4/nested-20000.m4a",
    why: "20,000 atoms, each inside the one before",
    bytes: () => nestedAtoms(20_000),
  },
  {
    path: "mp4/zero-lengths.m4a",
    why: "1,000 atoms of length 0, which means 'to the end of the file'",
    bytes: () =>
      Buffer.concat([FILE_TYPE, ...new Array(1000).fill(formatLyingAtom("moov", 0, Buffer.alloc(0)))]),
  },
  {
    path: "mp4/short-length.m4a",
    why: "an atom of length 4, less than its own header",
    bytes: () => Buffer.concat([FILE_TYPE, formatLyingAtom("moov", 4, Buffer.alloc(64))]),
  },
  {
    path: "mp4/length-ffffffff.m4a",
    why: "an atom that claims 4 GiB",
    bytes: () => Buffer.concat([FILE_TYPE, formatLyingAtom("moov", 0xffffffff, Buffer.alloc(64))]),
  },
  {
    path: "mp4/length-of-64-bits.m4a",
    why: "an atom that claims 2^63 - 1 bytes",
    bytes: () =>
      Buffer.concat([FILE_TYPE, formatLyingAtom("moov", 1, uint32s(0x7fffffff, 0xffffffff, 0, 0))]),
  },
  {
    path: "mp4/4g-samples.m4a",
    why: "a sample table that claims 4 G entries",
    bytes: () => overwrite(writeM4a(PLAIN), "stsz", 12, uint32s(0xffffffff)),
  },
  {
    path: "mp4/endless-duration.m4a",
    why: "a play time of 2^32 - 1 ticks, one a second",
    bytes: () => overwrite(writeM4a(PLAIN), "mvhd", 16, uint32s(1, 0xffffffff)),
  },
];

export const HOSTILE_FLAC: readonly HostileCase[] = [
  {
    path: "flac/picture-claims-16-mib.flac",
    why: "a picture block that claims 16 MiB in a small file",
    bytes: () => Buffer.concat([flacUpToComment(), formatBlock(6, Buffer.alloc(64), true, 0xffffff)]),
  },
  {
    path: "flac/comment-count-4g.flac",
    why: "a comment block that claims 4 G comments",
    bytes: () =>
      Buffer.concat([
        flacUpToComment(),
        formatBlock(4, Buffer.from("\0\0\0\0\xff\xff\xff\xff", "latin1"), true),
      ]),
  },
  {
    path: "flac/comment-length-4g.flac",
    why: "a comment that claims 4 GiB",
    bytes: () =>
      Buffer.concat([
        flacUpToComment(),
        formatBlock(4, Buffer.from("\0\0\0\0\x01\0\0\0\xff\xff\xff\xff", "latin1"), true),
      ]),
  },
  {
    path: "flac/100000-blocks.flac",
    why: "100,000 empty padding blocks, and no last one",
    bytes: () =>
      Buffer.concat([flacUpToComment(), ...new Array(100_000).fill(formatBlock(1, Buffer.alloc(0), false))]),
  },
  {
    path: "flac/rate-zero.flac",
    why: "a sample rate of 0, so that the play time is a division by zero",
    bytes: () => overwrite(writeFlac(PLAIN), "fLaC", 14, Buffer.of(0, 0, 0)),
  },
];

export const HOSTILE_OGG: readonly HostileCase[] = [
  {
    path: "ogg/20000-empty-pages.ogg",
    why: "20,000 pages without a segment before the first header",
    bytes: () => Buffer.concat([...emptyPages(20_000), writeVorbis(PLAIN)]),
  },
  {
    path: "ogg/same-page-again.opus",
    why: "the first page 5,000 times: a stream that never gets past its start",
    bytes: () => Buffer.concat(new Array(5000).fill(writeOpus(PLAIN).subarray(0, 47))),
  },
  { path: "ogg/endless-packet.ogg", why: "a comment packet of 2 MiB that never ends", bytes: endlessPacket },
  {
    path: "ogg/comment-count-4g.opus",
    why: "a comment header that claims 4 G comments",
    bytes: () => overwrite(writeOpus(PLAIN), "MusicFS tests", 13, Buffer.of(0xff, 0xff, 0xff, 0xff)),
  },
  {
    path: "ogg/bad-checksum.ogg",
    why: "a page whose checksum is wrong",
    bytes: () => overwrite(writeVorbis(PLAIN), "OggS", 22, Buffer.of(1, 2, 3, 4)),
  },
  {
    path: "ogg/last-page-in-2-million-years.ogg",
    why: "a last page that ends at sample 2^63 - 1",
    bytes: () => overwrite(writeVorbis(PLAIN), "OggS", 6, Buffer.from("ffffffffffffff7f", "hex"), "last"),
  },
];

export const HOSTILE_WAV: readonly HostileCase[] = [
  {
    path: "wav/data-claims-4-gib.wav",
    why: "a data chunk that claims 4 GiB, as recorders leave when they are cut off",
    bytes: () => overwrite(writeWav(PLAIN), "data", 4, Buffer.of(0xff, 0xff, 0xff, 0xff)),
  },
  {
    path: "wav/100000-chunks.wav",
    why: "100,000 empty chunks",
    bytes: () =>
      Buffer.concat([
        writeWav(PLAIN).subarray(0, 36),
        ...new Array(100_000).fill(Buffer.from("junk\0\0\0\0", "latin1")),
      ]),
  },
  {
    path: "wav/no-alignment.wav",
    why: "0 channels and 0 bytes a sample",
    bytes: () => overwrite(writeWav(PLAIN), "fmt ", 10, Buffer.alloc(14)),
  },
];

function nestedAtoms(depth: number): Buffer {
  const headers = Array.from({ length: depth }, (_, level) =>
    formatLyingAtom("moov", (depth - level) * 8, Buffer.alloc(0)),
  );
  return Buffer.concat([FILE_TYPE, ...headers]);
}

/** The magic and the stream info, 4 + 38 bytes. */
function flacUpToComment(): Buffer {
  return writeFlac(PLAIN).subarray(0, 42);
}

function emptyPages(count: number): Buffer[] {
  const page: OggPage = { lacing: [], body: Buffer.alloc(0), granule: -1n };
  return Array.from({ length: count }, (_, sequence) =>
    formatPage(page, 7, sequence, sequence === 0 ? 2 : 0),
  );
}

function endlessPacket(): Buffer {
  const first = writeVorbis(PLAIN).subarray(0, 58);
  const body = Buffer.concat([Buffer.from("\x03vorbis", "latin1"), Buffer.alloc(255 * 255 - 7, "A")]);
  const page: OggPage = { lacing: new Array<number>(255).fill(255), body, granule: -1n };
  const pages = Array.from({ length: 32 }, (_, index) => formatPage(page, 1, index + 1, index === 0 ? 0 : 1));
  return Buffer.concat([first, ...pages]);
}

/** Writes `patch` at `offset` bytes past where `mark` stands first, or last. */
function overwrite(
  bytes: Buffer,
  mark: string,
  offset: number,
  patch: Uint8Array,
  which: "first" | "last" = "first",
): Buffer {
  const at =
    which === "first" ? bytes.indexOf(mark, 0, "latin1") : bytes.lastIndexOf(mark, undefined, "latin1");
  if (at < 0) throw new RangeError(`No '${mark}' in these bytes.`);
  bytes.set(patch, at + offset);
  return bytes;
}
