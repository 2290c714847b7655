/** Readers of one file that are told apart. */
const MAX_READERS = 8;
const MIN_WINDOW_BYTES = 128 * 1024;
const MAX_WINDOW_BYTES = 8 * 1024 * 1024;
/** How far from where he was a reader may go on: the kernel asks for neighbouring pieces in any order. */
const NEAR_BYTES = 128 * 1024;
const FAR_BYTES = 1024 * 1024;

/** Jumps after which somebody is taken to go on jumping: one who reads tags looks at the head, the end, and little else. */
const FEW_JUMPS = 4;
/** What is fetched around the next jump, by how many there were beyond {@link FEW_JUMPS}. */
const JUMP_WINDOWS_BYTES = [256 * 1024, 1024 * 1024, 4 * 1024 * 1024, MAX_WINDOW_BYTES] as const;
/** A round trip that is worth more bytes than were asked for, in milliseconds. */
const LONG_TRIP_MS = 8;
/** What is read ahead then, by what was read in order. */
const FAR_FACTOR = 4;

interface Reader {
  /** Behind the last byte that it asked for. */
  nextBytes: number;
  /** What it has read in order, after its first read. */
  runBytes: number;
  /** What is worth fetching behind that. */
  windowBytes: number;
}

/** A range worth fetching before it is asked for. */
export interface AheadRange {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/**
 * Tells who reads a file in order from who jumps about in it. Whoever has read so many bytes in order is read ahead
 * for by as many. Whoever jumps gets what he asked for and nothing more, until he has jumped often and each jump costs him a
 * long round trip: then more and more of what lies around, so that soon all of the file is here.
 */
export class ReadAhead {
  readonly #sizeBytes: number;
  /** The last used first. */
  readonly #readers: Reader[] = [];
  #jumps = 0;

  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
  }

  /**
   * Notes a read.
   *
   * @param roundTripMs what a small range of the origin takes to come. @default 0
   * @returns what is worth fetching behind it or around it, or `undefined`.
   */
  note(offsetBytes: number, lengthBytes: number, roundTripMs = 0): AheadRange | undefined {
    const end = offsetBytes + lengthBytes;
    const index = this.#readers.findIndex((reader) => goesOn(reader, offsetBytes));
    const [reader] = index < 0 ? [] : this.#readers.splice(index, 1);
    this.#readers.unshift(reader ?? { nextBytes: end, runBytes: 0, windowBytes: MIN_WINDOW_BYTES });
    this.#readers.length = Math.min(this.#readers.length, MAX_READERS);
    if (!reader) return this.#jumped(offsetBytes, roundTripMs);
    if (end <= reader.nextBytes) return undefined;
    reader.runBytes += end - reader.nextBytes;
    reader.nextBytes = end;
    reader.windowBytes = windowOf(reader, roundTripMs);
    const length = Math.min(reader.windowBytes, this.#sizeBytes - end);
    return length > 0 ? { offsetBytes: end, lengthBytes: length } : undefined;
  }

  #jumped(offsetBytes: number, roundTripMs: number): AheadRange | undefined {
    this.#jumps += 1;
    const beyond = this.#jumps - FEW_JUMPS;
    if (beyond <= 0 || roundTripMs < LONG_TRIP_MS) return undefined;
    const window = JUMP_WINDOWS_BYTES[beyond - 1] ?? MAX_WINDOW_BYTES;
    const from = Math.floor(offsetBytes / window) * window;
    return { offsetBytes: from, lengthBytes: Math.min(window, this.#sizeBytes - from) };
  }
}

// Where each doubling costs a long round trip, there are fewer of them.
function windowOf({ runBytes }: Reader, roundTripMs: number): number {
  const wanted = roundTripMs < LONG_TRIP_MS ? runBytes : FAR_FACTOR * runBytes;
  return Math.min(MAX_WINDOW_BYTES, Math.max(MIN_WINDOW_BYTES, wanted));
}

// What a worker answered by itself was read in order, too: a reader turns up again behind what was fetched for it.
function goesOn(reader: Reader, offsetBytes: number): boolean {
  const { nextBytes, runBytes, windowBytes } = reader;
  if (runBytes === 0) return Math.abs(offsetBytes - nextBytes) <= NEAR_BYTES;
  return offsetBytes >= nextBytes - FAR_BYTES && offsetBytes <= nextBytes + windowBytes + FAR_BYTES;
}
