import { BLOCK_BYTES } from "./block-set.js";

/** How full the store is, and what it may take. */
export interface RoomOptions {
  readonly maxBytes: number;
  readonly minFreeBytes: number;
  /** Bytes that are free on the disk; asked at most once in {@link FREE_FOR_MS}. */
  freeBytes(): number;
  /** Bytes of the index, which count too. */
  indexBytes(): number;
  /** Evicts one blob. @returns whether there was one that could go. */
  evictOne(): Promise<boolean>;
}

/** For how long what the disk said of its free space is taken for true, in milliseconds. */
const FREE_FOR_MS = 500;

/** Bytes that were promised room; what is written is given to {@link Room.used}, and the promise back. */
export interface Reservation {
  readonly bytes: number;
}

/**
 * The store's limit, held at every moment: whoever is about to write asks for room first, and gets it only once
 * enough has been evicted. One request at a time evicts.
 */
export class Room {
  readonly #options: RoomOptions;
  #usedBytes = 0;
  #reservedBytes = 0;
  #freeBytes = 0;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #evicting: Promise<unknown> = Promise.resolve();

  constructor(options: RoomOptions) {
    this.#options = options;
  }

  /** Bytes of all blobs. */
  get usedBytes(): number {
    return this.#usedBytes;
  }

  /** A blob grew or shrank by so many bytes. */
  changeUsed(bytes: number): void {
    this.#usedBytes += bytes;
    this.#freeBytes -= bytes;
  }

  /** Sets anew what is used. */
  resetUsed(bytes: number): void {
    this.#usedBytes = bytes;
    this.#lookedMs = Number.NEGATIVE_INFINITY;
  }

  /**
   * Makes room, evicting if need be. The caller gives it back with {@link release} once it has written, or not.
   *
   * @returns `false` when there is no room, whatever may be evicted.
   */
  async reserve(bytes: number): Promise<boolean> {
    if (!this.#fits(bytes)) {
      const turn = this.#evicting.then(() => this.#makeRoom(bytes));
      this.#evicting = turn.catch(() => undefined);
      if (!(await turn)) return false;
    } else {
      this.#reservedBytes += bytes;
    }
    return true;
  }

  /** Why nothing can be written although little is kept, in words; `undefined` when the disk is not the reason. */
  get shortage(): string | undefined {
    const { minFreeBytes } = this.#options;
    const freeBytes = this.#free();
    // What is about to be written is on its way to the limit, too: a block is the least that anybody wants.
    if (freeBytes - this.#reservedBytes - BLOCK_BYTES >= minFreeBytes) return undefined;
    const wanted = minFreeBytes > 0 ? `, of which ${minFreeBytes} shall stay free` : "";
    return `its disk has ${freeBytes} bytes free${wanted}`;
  }

  release(bytes: number): void {
    this.#reservedBytes -= bytes;
  }

  /** Evicts until the limits hold: the disk may have been filled by somebody else. */
  async enforce(): Promise<void> {
    this.#lookedMs = Number.NEGATIVE_INFINITY;
    if (this.#fits(0)) return;
    const turn = this.#evicting.then(() => this.#makeRoom(0));
    this.#evicting = turn.catch(() => undefined);
    await turn;
  }

  async #makeRoom(bytes: number): Promise<boolean> {
    while (!this.#fits(bytes)) {
      if (!(await this.#options.evictOne())) return false;
      this.#lookedMs = Number.NEGATIVE_INFINITY;
    }
    this.#reservedBytes += bytes;
    return true;
  }

  #fits(bytes: number): boolean {
    const { maxBytes, minFreeBytes, indexBytes } = this.#options;
    const wanted = this.#reservedBytes + bytes;
    if (this.#usedBytes + indexBytes() + wanted > maxBytes) return false;
    return this.#free() - wanted >= minFreeBytes;
  }

  #free(): number {
    const nowMs = performance.now();
    if (nowMs - this.#lookedMs > FREE_FOR_MS) {
      this.#lookedMs = nowMs;
      this.#freeBytes = this.#options.freeBytes();
    }
    return this.#freeBytes;
  }
}
