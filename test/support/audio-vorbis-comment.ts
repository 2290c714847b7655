import type { AudioTags, Cover } from "./audio-options.js";

const VENDOR = "MusicFS tests";

/**
 * The comment block that FLAC, Vorbis and Opus share, without a framing bit
 * (https://xiph.org/vorbis/doc/v-comment.html).
 *
 * @param more - further fields, each as `NAME=value`
 */
export function formatVorbisComment(tags: AudioTags, more: readonly string[] = []): Buffer {
  const fields = [...fieldsOf(tags), ...more];
  return Buffer.concat([lengthAndText(VENDOR), uint32le(fields.length), ...fields.map(lengthAndText)]);
}

/** The body of a FLAC PICTURE block, which Ogg carries as base64 (RFC 9639, 8.8). */
export function formatPicture({ mimeType, data }: Cover): Buffer {
  const mime = Buffer.from(mimeType, "latin1");
  const head = Buffer.alloc(8 + mime.length + 24);
  head.writeUInt32BE(3, 0);
  head.writeUInt32BE(mime.length, 4);
  mime.copy(head, 8);
  head.writeUInt32BE(data.length, head.length - 4);
  return Buffer.concat([head, data]);
}

function fieldsOf(tags: AudioTags): string[] {
  const single: [string, string | number | undefined][] = [
    ["TITLE", tags.title],
    ["ALBUM", tags.album],
    ["TRACKNUMBER", tags.trackNumber],
    ["TRACKTOTAL", tags.trackTotal],
    ["DISCNUMBER", tags.discNumber],
    ["DISCTOTAL", tags.discTotal],
    ["DATE", tags.year],
    ["ORIGINALDATE", tags.originalDate],
    ["LABEL", tags.label],
    ["COMMENT", tags.comment],
    ["COMPILATION", tags.compilation ? 1 : undefined],
  ];
  const many: [string, readonly string[]][] = [
    ["ARTIST", tags.artists ?? []],
    ["ALBUMARTIST", tags.albumArtists ?? []],
    ["GENRE", tags.genres ?? []],
    ["COMPOSER", tags.composers ?? []],
  ];
  return [
    ...single.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}=${value}`),
    ...many.flatMap(([name, values]) => values.map((value) => `${name}=${value}`)),
  ];
}

function lengthAndText(text: string): Buffer {
  const bytes = Buffer.from(text, "utf8");
  return Buffer.concat([uint32le(bytes.length), bytes]);
}

function uint32le(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
