import { type AudioTags, type Cover, formatPosition } from "./audio-options.js";

const UTF8 = 3;
const FRONT_COVER = 3;

/** An ID3v2.4 tag (https://id3.org/id3v2.4.0-structure); several values are parted by NUL, as it asks. */
export function formatId3(tags: AudioTags, cover?: Cover, paddingBytes = 0): Buffer {
  const frames = textsOf(tags).map(([id, text]) => formatFrame(id, textBody(text)));
  if (tags.comment !== undefined) frames.push(formatFrame("COMM", commentBody(tags.comment)));
  if (cover) frames.push(formatFrame("APIC", pictureBody(cover)));
  const body = Buffer.concat([...frames, Buffer.alloc(paddingBytes)]);
  return Buffer.concat([formatId3Header(body.length), body]);
}

/** The ten bytes before the frames. `bodyBytes` is what the tag claims to hold; at most 256 MiB. */
export function formatId3Header(bodyBytes: number): Buffer {
  return Buffer.concat([Buffer.from("ID3\x04\x00\x00", "latin1"), syncSafe(bodyBytes)]);
}

/** One frame of ID3v2.4. `claimedSize` are the four bytes of its header's size, for tests that lie. */
export function formatFrame(id: string, body: Uint8Array, claimedSize = syncSafe(body.length)): Buffer {
  return Buffer.concat([Buffer.from(id, "latin1"), claimedSize, Buffer.alloc(2), body]);
}

/** The body of a text frame in UTF-8. */
export function textBody(text: string): Buffer {
  return Buffer.concat([Buffer.of(UTF8), Buffer.from(text, "utf8")]);
}

function textsOf(tags: AudioTags): [string, string][] {
  const texts: [string, string | undefined][] = [
    ["TIT2", tags.title],
    ["TPE1", join(tags.artists)],
    ["TPE2", join(tags.albumArtists)],
    ["TALB", tags.album],
    ["TRCK", formatPosition(tags.trackNumber, tags.trackTotal)],
    ["TPOS", formatPosition(tags.discNumber, tags.discTotal)],
    ["TDRC", tags.year === undefined ? undefined : String(tags.year)],
    ["TDOR", tags.originalDate],
    ["TCON", join(tags.genres)],
    ["TCOM", join(tags.composers)],
    ["TPUB", tags.label],
    ["TCMP", tags.compilation ? "1" : undefined],
  ];
  return texts.filter((pair): pair is [string, string] => pair[1] !== undefined);
}

function join(values: readonly string[] | undefined): string | undefined {
  return values?.length ? values.join("\0") : undefined;
}

function commentBody(text: string): Buffer {
  return Buffer.concat([Buffer.of(UTF8), Buffer.from("eng\0", "latin1"), Buffer.from(text, "utf8")]);
}

function pictureBody({ mimeType, data }: Cover): Buffer {
  return Buffer.concat([Buffer.from(`\0${mimeType}\0`, "latin1"), Buffer.of(FRONT_COVER, 0), data]);
}

/** Four bytes of seven bits each. */
function syncSafe(value: number): Buffer {
  return Buffer.of((value >>> 21) & 0x7f, (value >>> 14) & 0x7f, (value >>> 7) & 0x7f, value & 0x7f);
}
