import type { Catalogue } from "../../catalogue/catalogue.js";
import { type FileRow, versionedFile } from "../../catalogue/files.js";
import type { GeneratedMaker } from "../../generated/generated-files.js";
import type { EmbeddedPicture } from "../../model/picture.js";
import { BLOCK_BYTES, BlockPool, BlockReader } from "../tags/block-reader.js";
import { readOggPicture } from "../tags/picture-ogg.js";
import { sniffFormat } from "../tags/sniff.js";

export const COVER_MAKER = "cover";

/** Reads a range of a file of the catalogue. */
export type ReadRange = (
  row: FileRow,
  offsetBytes: number,
  lengthBytes: number,
  signal: AbortSignal,
) => Promise<Uint8Array>;

/** Bytes asked for in one go. */
const PIECE_BYTES = 1024 * 1024;

/** What a cover is made from: a picture in one version of a file. */
export function coverRecipeOf(file: FileRow, picture: EmbeddedPicture): string {
  return JSON.stringify({ of: versionedFile(file), picture });
}

/** Takes pictures out of the files that they are embedded in, as they are: nothing is decoded. */
export function createCoverMaker(catalogue: Catalogue, readRange: ReadRange): GeneratedMaker {
  return {
    name: COVER_MAKER,
    async make({ subject, recipe }, signal) {
      const row = catalogue.files.byId(Number(subject));
      const { of, picture } = JSON.parse(recipe) as { of: object; picture: EmbeddedPicture };
      if (!row || JSON.stringify(versionedFile(row)) !== JSON.stringify(of)) {
        throw new Error("the file that it lies in has changed");
      }
      const bytes = await readPicture(row, picture, readRange, signal);
      if (bytes?.length === picture.sizeBytes) return bytes;
      throw new Error(`the picture in '${row.path}' is not where it was`);
    },
  };
}

/** Reads the bytes of a picture of a file; `undefined` where none is found. */
export function readPicture(
  row: FileRow,
  picture: EmbeddedPicture,
  readRange: ReadRange,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const { offsetBytes, sizeBytes } = picture;
  if (offsetBytes === undefined) return readFromOgg(row, picture, readRange, signal);
  return readPieces(row, offsetBytes, sizeBytes, readRange, signal);
}

/** Reads a part of a file, whole. @throws an Error where the file ends before it. */
export async function readPieces(
  row: FileRow,
  offsetBytes: number,
  sizeBytes: number,
  readRange: ReadRange,
  signal: AbortSignal,
): Promise<Uint8Array> {
  const bytes = new Uint8Array(sizeBytes);
  for (let done = 0; done < sizeBytes; ) {
    const piece = await readRange(row, offsetBytes + done, Math.min(PIECE_BYTES, sizeBytes - done), signal);
    if (piece.length === 0) throw new Error(`'${row.path}' ends too early`);
    bytes.set(piece, done);
    done += piece.length;
  }
  return bytes;
}

async function readFromOgg(
  row: FileRow,
  picture: EmbeddedPicture,
  readRange: ReadRange,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  const readAt = (offset: number, length: number): Promise<Uint8Array> =>
    readPieces(row, offset, Math.min(length, BLOCK_BYTES), readRange, signal);
  const reader = new BlockReader({ sizeBytes: row.sizeBytes, readAt }, new BlockPool());
  const sniffed = await sniffFormat(reader, 0, row.path);
  return sniffed?.ogg && readOggPicture(reader, sniffed.ogg.serial, picture);
}
