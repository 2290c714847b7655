/** Files of formats that ffmpeg encodes, with pictures that it writes, or that are put in where it writes none. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { AudioTags } from "./audio-options.js";
import { formatApe } from "./audio-rare.js";

export type EncodedFormat = "mka" | "wma" | "wv";
export const ENCODED_FORMATS: readonly EncodedFormat[] = ["mka", "wma", "wv"];

/** A picture and the name that it has where it has one: by default `cover.jpg`. */
export interface NamedPicture {
  readonly data: Buffer;
  readonly name?: string;
}

/**
 * A second of noise as ffmpeg encodes it, with tags and pictures.
 *
 * @param folder for files on the way.
 */
export function encodeAudio(
  folder: string,
  format: EncodedFormat,
  tags: AudioTags,
  pictures: readonly NamedPicture[] = [],
): Buffer {
  if (format === "mka")
    return encode(folder, format, tags, ["-c:a", "libopus", ...attached(folder, pictures)]);
  if (format === "wma") return withAsfPictures(encode(folder, format, tags, ["-c:a", "wmav2"]), pictures);
  const bytes = encode(folder, format, tags, ["-c:a", "wavpack"]);
  // ffmpeg puts a tag of its own there.
  const tag = bytes.indexOf("APETAGEX", 0, "latin1");
  return Buffer.concat([tag < 0 ? bytes : bytes.subarray(0, tag), formatApe(tags, pictures[0]?.data)]);
}

/** Puts pictures into an ASF as taggers do: in a Metadata Library Object behind the objects of its header extension. */
export function withAsfPictures(bytes: Buffer, pictures: readonly NamedPicture[]): Buffer {
  if (pictures.length === 0) return bytes;
  const records = pictures.map(({ data }) => record("WM/Picture", pictureValue(3, data)));
  const count = Buffer.alloc(2);
  count.writeUInt16LE(records.length);
  const library = asfObject("941c23449894d149a1411d134e457054", Buffer.concat([count, ...records]));
  const at = bytes.indexOf(Buffer.from("b503bf5f2ea9cf118ee300c00c205365", "hex"));
  const size = Number(bytes.readBigUInt64LE(at + 16));
  const extension = Buffer.concat([bytes.subarray(at, at + size), library]);
  extension.writeBigUInt64LE(BigInt(extension.length), 16);
  extension.writeUInt32LE(extension.length - 46, 42);
  const grown = Buffer.concat([bytes.subarray(0, at), extension, bytes.subarray(at + size)]);
  grown.writeBigUInt64LE(grown.readBigUInt64LE(16) + BigInt(library.length), 16);
  return grown;
}

/** A value of WM/Picture (https://learn.microsoft.com/windows/win32/wmformat/wm-picture), as it stands in a file. */
export function pictureValue(type: number, data: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head[0] = type;
  head.writeUInt32LE(data.length, 1);
  return Buffer.concat([head, Buffer.from("image/jpeg\0a cover\0", "utf16le"), data]);
}

export function asfObject(guid: string, body: Buffer): Buffer {
  const head = Buffer.alloc(24);
  head.write(guid, 0, "hex");
  head.writeBigUInt64LE(BigInt(24 + body.length), 16);
  return Buffer.concat([head, body]);
}

// Language, stream, lengths, name, value (Advanced Systems Format Specification, 4.8).
function record(name: string, value: Buffer): Buffer {
  const text = Buffer.from(`${name}\0`, "utf16le");
  const head = Buffer.alloc(12);
  head.writeUInt16LE(text.length, 4);
  head.writeUInt16LE(1, 6);
  head.writeUInt32LE(value.length, 8);
  return Buffer.concat([head, text, value]);
}

function attached(folder: string, pictures: readonly NamedPicture[]): string[] {
  return pictures.flatMap(({ data, name = "cover.jpg" }, index) => {
    const path = join(folder, `attached-${index}`);
    writeFileSync(path, data);
    const of = `-metadata:s:t:${index}`;
    return ["-attach", path, of, "mimetype=image/jpeg", of, `filename=${name}`];
  });
}

function encode(folder: string, format: EncodedFormat, tags: AudioTags, options: readonly string[]): Buffer {
  const path = join(folder, `encoded.${format}`);
  const { title = "", artists = [], album = "" } = tags;
  const texts = { title, artist: artists[0] ?? "", album, track: tags.trackNumber?.toString() ?? "" };
  const metadata = Object.entries(texts).flatMap(([key, text]) => ["-metadata", `${key}=${text}`]);
  const source = ["-f", "lavfi", "-i", "anoisesrc=d=1:c=pink:r=48000:a=0.3:seed=1"];
  execFileSync("ffmpeg", [
    "-nostdin",
    "-y",
    "-v",
    "error",
    ...source,
    ...options,
    ...metadata,
    `file:${path}`,
  ]);
  return readFileSync(path);
}
