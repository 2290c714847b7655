import { BlockPool, BlockReader, type ByteSource } from "./block-reader.js";

/** Bytes of a file from `from`, and before `to`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

interface Piece {
  /** Where it stands in what was asked for. */
  readonly at: number;
  readonly length: number;
  /** Where it comes from in the file. */
  readonly from: number;
}

/** `header`, then the ranges of the file one after the other. */
export function spliced(reader: BlockReader, header: Buffer, ranges: readonly ByteRange[]): ByteSource {
  const starts: number[] = [];
  let sizeBytes = header.length;
  for (const { from, to } of ranges) {
    starts.push(sizeBytes);
    sizeBytes += to - from;
  }

  function* piecesOf(offset: number, length: number): Generator<Piece> {
    for (const [index, range] of ranges.entries()) {
      const start = starts[index] ?? 0;
      const from = Math.max(offset, start);
      const to = Math.min(offset + length, start + range.to - range.from);
      if (from < to) yield { at: from - offset, length: to - from, from: range.from + from - start };
    }
  }

  async function readLater(pieces: Iterable<Piece>, into: Uint8Array): Promise<void> {
    for (const { at, length, from } of pieces) await reader.read(into.subarray(at, at + length), from);
  }

  return {
    sizeBytes,
    readAt(offset, length, into) {
      const bytes = into.subarray(0, length);
      if (offset < header.length) bytes.set(header.subarray(offset, offset + length));
      for (const { at, length: count, from } of piecesOf(offset, length)) {
        const read = reader.read(bytes.subarray(at, at + count), from);
        if (typeof read !== "number")
          return read.then(() => readLater(piecesOf(offset, length), bytes)).then(() => bytes);
      }
      return bytes;
    },
  };
}

/** The whole file, with zeros in place of the blocks that lie in one of `holes`: these are not read. */
export function hollow(reader: BlockReader, holes: readonly ByteRange[]): BlockReader {
  return new BlockReader(
    {
      sizeBytes: reader.sizeBytes,
      readAt(offset, length, into) {
        const bytes = into.subarray(0, length);
        if (holes.some(({ from, to }) => from <= offset && offset + length <= to)) return bytes.fill(0);
        const read = reader.read(bytes, offset);
        return typeof read === "number" ? bytes : read.then(() => bytes);
      },
    },
    new BlockPool(),
  );
}
