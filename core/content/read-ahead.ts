/** Readers of one file that are told apart. */
const MAX_READERS = 8;
const MIN_WINDOW_BYTES = 128 * 1024;
const MAX_WINDOW_BYTES = 8 * 1024 * 1024;
/** How far from where he was a reader may go on: the kernel asks for neighbouring pieces in any order. */
const NEAR_BYTES = 128 * 1024;
const FAR_BYTES = 1024 * 1024;

interface Reader {
  /** Behind the last byte that it asked for. */
  nextBytes: number;
  /** What it has read in order, after its first read. */
  runBytes: number;
}

/** A range worth fetching before it is asked for. */
export interface AheadRange {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/**
 * Tells who reads a file in order from who jumps about in it. Whoever has read so many bytes in order is read ahead
 * for by as many; whoever jumps gets what he asked for and nothing more.
 */
export class ReadAhead {
  readonly #sizeBytes: number;
  /** The last used first. */
  readonly #readers: Reader[] = [];

  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
  }

  /** Notes a read. @returns what is worth fetching behind it, or `undefined`. */
  note(offsetBytes: number, lengthBytes: number): AheadRange | undefined {
    const end = offsetBytes + lengthBytes;
    const index = this.#readers.findIndex((reader) => goesOn(reader, offsetBytes));
    const [reader] = index < 0 ? [] : this.#readers.splice(index, 1);
    this.#readers.unshift(reader ?? { nextBytes: end, runBytes: 0 });
    this.#readers.length = Math.min(this.#readers.length, MAX_READERS);
    if (!reader || end <= reader.nextBytes) return undefined;
    reader.runBytes += end - reader.nextBytes;
    reader.nextBytes = end;
    const length = Math.min(windowOf(reader), this.#sizeBytes - end);
    return length > 0 ? { offsetBytes: end, lengthBytes: length } : undefined;
  }
}

function windowOf({ runBytes }: Reader): number {
  return Math.min(MAX_WINDOW_BYTES, Math.max(MIN_WINDOW_BYTES, runBytes));
}

// What a worker answered by itself was read in order, too: a reader turns up again behind what was fetched for it.
function goesOn(reader: Reader, offsetBytes: number): boolean {
  const { nextBytes, runBytes } = reader;
  if (runBytes === 0) return Math.abs(offsetBytes - nextBytes) <= NEAR_BYTES;
  return offsetBytes >= nextBytes - FAR_BYTES && offsetBytes <= nextBytes + windowOf(reader) + FAR_BYTES;
}
