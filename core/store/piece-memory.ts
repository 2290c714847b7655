/** Pieces that are kept in memory at once, and the longest of them. */
const PIECES = 32;
const PIECE_BYTES = 1024 * 1024;

const WORDS = 4;
const WORD = { turn: 0, ticket: 1, lengthBytes: 2, readBytes: 3 } as const;
const WORDS_BYTES = PIECES * WORDS * 4;
/** Where a disk that is written past the page cache wants memory to begin. */
const ALIGNMENT_BYTES = 4096;
const HEADER_BYTES = Math.ceil((WORDS_BYTES + PIECES * 8) / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
const NOBODY = 0;
/** For so long pieces are kept that nobody has read yet, in milliseconds. */
const UNREAD_MS = 5_000;

/** Bytes of the memory behind a {@link PieceMemory}. */
export const PIECE_MEMORY_BYTES = HEADER_BYTES + PIECES * PIECE_BYTES;

/**
 * Pieces of blobs on their way to the disk, in memory that all threads share: the main thread puts them there, and any
 * thread copies what it is asked for from there, sooner than from the disk. A blob is named by its ticket in the
 * `BlobTable`, so that what is taken from the table is not found here, either.
 *
 * Readers take no lock: a piece has a turn, which moves when its memory is used for another one, and is looked at before
 * and after the copy.
 */
export class PieceMemory {
  protected readonly words: Int32Array;
  protected readonly offsets: Float64Array;
  protected readonly bytes: Uint8Array;
  readonly #memory: ArrayBufferLike;
  readonly #bytesAt: number;

  /** @param atByte where the pieces begin in `memory`: {@link PIECE_MEMORY_BYTES}, at a multiple of 4096. */
  constructor(memory: ArrayBufferLike, atByte: number) {
    this.#memory = memory;
    this.#bytesAt = atByte + HEADER_BYTES;
    this.words = new Int32Array(memory, atByte, PIECES * WORDS);
    this.offsets = new Float64Array(memory, atByte + WORDS_BYTES, PIECES);
    this.bytes = new Uint8Array(memory, this.#bytesAt, PIECES * PIECE_BYTES);
  }

  /** Fills `target` from the blob of a ticket. @returns whether all of it was here; `target` holds anything else. */
  read(ticket: number, offsetBytes: number, target: Uint8Array): boolean {
    for (let done = 0; done < target.length; ) {
      const copied = this.#readPart(ticket, offsetBytes + done, target, done);
      if (copied === 0) return false;
      done += copied;
    }
    return true;
  }

  /** Whether a byte of the blob of a ticket is here. */
  has(ticket: number, offsetBytes: number): boolean {
    return this.#find(ticket, offsetBytes) >= 0;
  }

  protected at(piece: number, word: number): number {
    return Atomics.load(this.words, piece * WORDS + word);
  }

  /** Memory of a piece. */
  protected memoryOf(piece: number, lengthBytes: number): Buffer {
    return Buffer.from(this.#memory as ArrayBuffer, this.#bytesAt + piece * PIECE_BYTES, lengthBytes);
  }

  #find(ticket: number, offsetBytes: number): number {
    for (let piece = 0; piece < PIECES; piece += 1) {
      if (this.at(piece, WORD.ticket) !== ticket || ticket === NOBODY) continue;
      const from = this.offsets[piece] as number;
      if (offsetBytes >= from && offsetBytes < from + this.at(piece, WORD.lengthBytes)) return piece;
    }
    return -1;
  }

  /** @returns how many bytes were copied; 0: there are none, or they went meanwhile. */
  #readPart(ticket: number, offsetBytes: number, target: Uint8Array, done: number): number {
    const piece = this.#find(ticket, offsetBytes);
    if (piece < 0) return 0;
    const turn = this.at(piece, WORD.turn);
    if (this.at(piece, WORD.ticket) !== ticket) return 0;
    const skip = offsetBytes - (this.offsets[piece] as number);
    const length = Math.min(target.length - done, this.at(piece, WORD.lengthBytes) - skip);
    if (!(skip >= 0 && length > 0)) return 0;
    const from = piece * PIECE_BYTES + skip;
    target.set(this.bytes.subarray(from, from + length), done);
    // An exchange, and no load: what was copied before must not be read after it.
    if (Atomics.add(this.words, piece * WORDS + WORD.turn, 0) !== turn) return 0;
    Atomics.add(this.words, piece * WORDS + WORD.readBytes, length);
    return length;
  }
}

/** A piece that the main thread keeps in memory until it calls {@link release}. */
export interface KeptPiece {
  /** Its bytes, in memory that begins at a multiple of 4096. */
  readonly bytes: Uint8Array;
  /**
   * They are on the disk, or are not going to be.
   *
   * @param isWanted whether readers that come later shall find them here still, for a while.
   */
  release(isWanted: boolean): void;
}

/** The main thread's side of a {@link PieceMemory}; there is one. */
export class PieceKeeper extends PieceMemory {
  /** Pieces that may be used for other bytes, the one that was released first, first. */
  readonly #free: { readonly piece: number; readonly sinceMs: number }[] = Array.from(
    { length: PIECES },
    (_, index) => ({ piece: PIECES - 1 - index, sinceMs: Number.NEGATIVE_INFINITY }),
  );

  /**
   * Copies bytes of a blob to where all threads find them.
   *
   * @param ticket of the blob; 0: nobody is to find them.
   * @returns `undefined` when there is no room for them now, or they are too many.
   */
  keep(ticket: number, offsetBytes: number, bytes: Uint8Array): KeptPiece | undefined {
    if (bytes.length > PIECE_BYTES) return undefined;
    const piece = this.#take();
    if (piece === undefined) return undefined;
    const memory = this.memoryOf(piece, bytes.length);
    memory.set(bytes);
    this.offsets[piece] = offsetBytes;
    this.#put(piece, WORD.lengthBytes, bytes.length);
    this.#put(piece, WORD.readBytes, 0);
    this.#put(piece, WORD.ticket, ticket);
    return {
      bytes: memory,
      release: (isWanted) => {
        if (!isWanted) this.#withdraw(piece);
        this.#free.push({ piece, sinceMs: performance.now() });
      },
    };
  }

  /** Lets go of what was read to its end, or that nobody has come for. To be called about once a second. */
  expire(nowMs = performance.now()): void {
    for (const { piece, sinceMs } of this.#free) {
      if (this.#isSpent(piece) || nowMs - sinceMs > UNREAD_MS) this.#withdraw(piece);
    }
  }

  // What was read to its end first, the newest of it, whose memory is the likeliest to be in the processor's caches.
  #take(): number | undefined {
    const spent = this.#free.findLastIndex(({ piece }) => this.#isSpent(piece));
    const [free] = this.#free.splice(Math.max(0, spent), 1);
    if (free) this.#withdraw(free.piece);
    return free?.piece;
  }

  #isSpent(piece: number): boolean {
    return (
      this.at(piece, WORD.ticket) === NOBODY ||
      this.at(piece, WORD.readBytes) >= this.at(piece, WORD.lengthBytes)
    );
  }

  #withdraw(piece: number): void {
    this.#put(piece, WORD.ticket, NOBODY);
    Atomics.add(this.words, piece * WORDS + WORD.turn, 1);
  }

  #put(piece: number, word: number, value: number): void {
    Atomics.store(this.words, piece * WORDS + word, value);
  }
}
