/** A writer of Matroska files that are laid out in ways in which ffmpeg lays out none. */

/** An element (RFC 8794): its ID in hex, its size in eight bytes, its content. */
export function element(id: string, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const size = Buffer.alloc(8);
  size.writeUIntBE(body.length, 2, 6);
  size[0] = 0x01;
  return Buffer.concat([Buffer.from(id, "hex"), size, body]);
}

export interface MatroskaOptions {
  readonly title: string;
  readonly picture: Buffer;
  /** Bytes of each cluster of audio. */
  readonly clusters: readonly number[];
  /** Whether a SeekHead tells where tags and attachments lie. */
  readonly hasSeekHead: boolean;
}

/** A file with its tags and attachments behind its audio (RFC 9559). */
export function writeMatroska({ title, picture, clusters, hasSeekHead }: MatroskaOptions): Buffer {
  const header = element("1a45dfa3", element("4282", Buffer.from("matroska")));
  const start = [
    element("1549a966", element("4489", float(60_000))),
    element(
      "1654ae6b",
      element(
        "ae",
        element("d7", Buffer.of(1)),
        element("83", Buffer.of(2)),
        element("86", Buffer.from("A_OPUS")),
        audio(),
      ),
    ),
    ...clusters.map((bytes) => element("1f43b675", Buffer.alloc(bytes))),
  ];
  const tags = element(
    "1254c367",
    element("7373", element("63c0", element("68ca", Buffer.of(30))), simpleTag(title)),
  );
  const attached = element(
    "61a7",
    element("466e", Buffer.from("cover.jpg")),
    element("4660", Buffer.from("image/jpeg")),
    element("465c", picture),
  );
  const attachments = element("1941a469", attached);
  const seekBytes = hasSeekHead ? seekHead(0, 0).length : 0;
  const tagsAt = seekBytes + start.reduce((sum, { length }) => sum + length, 0);
  const seeks = hasSeekHead ? [seekHead(tagsAt, tagsAt + tags.length)] : [];
  return Buffer.concat([header, element("18538067", ...seeks, ...start, tags, attachments)]);
}

function seekHead(tagsAt: number, attachmentsAt: number): Buffer {
  const seeks = Object.entries({ "1254c367": tagsAt, "1941a469": attachmentsAt });
  return element(
    "114d9b74",
    ...seeks.map(([id, at]) =>
      element("4dbb", element("53ab", Buffer.from(id, "hex")), element("53ac", uint(at))),
    ),
  );
}

function audio(): Buffer {
  return element("e1", element("b5", float(48_000)), element("9f", Buffer.of(2)));
}

function simpleTag(title: string): Buffer {
  return element("67c8", element("45a3", Buffer.from("TITLE")), element("4487", Buffer.from(title)));
}

function uint(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function float(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleBE(value);
  return bytes;
}
