import { constants } from "node:fs";
import { closeFile, openFile, writeFully } from "./blob-files.js";

/** Smaller ones are written sooner by way of the page cache. */
const LEAST_BYTES = 256 * 1024;
const ALIGNMENT_BYTES = 4096;
/** A disk that takes longer for a MiB is slow; what goes past the page cache would have to wait for it. In milliseconds. */
const SLOW_MS = 16;
/** How long a slow disk is left to the page cache, in milliseconds. */
const REST_MS = 60_000;
const MIB = 1024 * 1024;
/** How much the last write counts in the mean. */
const WEIGHT = 0.2;

/**
 * Whether blobs are written past the page cache (`O_DIRECT`): that saves a copy and the system's work for new pages, which is
 * more than the write itself. But a slow disk is waited for then, where the page cache would have taken the bytes.
 */
export class DirectWrites {
  #isPossible = process.platform === "linux";
  #restUntilMs = Number.NEGATIVE_INFINITY;
  #meanMs = 0;

  get isWise(): boolean {
    return this.#isPossible && performance.now() >= this.#restUntilMs;
  }

  /** So many bytes took so long. */
  took(bytes: number, tookMs: number): void {
    this.#meanMs += WEIGHT * ((tookMs * MIB) / bytes - this.#meanMs);
    if (this.#meanMs < SLOW_MS) return;
    this.#meanMs = 0;
    this.#restUntilMs = performance.now() + REST_MS;
  }

  /** The disk has no such writes. */
  refused(): void {
    this.#isPossible = false;
  }
}

/**
 * Writes one blob's file, one piece after the other: a file's writers would wait for each other in the kernel, and keep a
 * processor busy with it.
 */
export class BlobWriter {
  readonly #fd: number;
  readonly #disk: DirectWrites;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;
  #directFd: number | undefined;

  constructor(fd: number, disk: DirectWrites) {
    this.#fd = fd;
    this.#disk = disk;
  }

  /**
   * @param isAligned whether `bytes` begin at a multiple of 4096 in memory, as they will in the file.
   * @returns whether most of it went past the page cache.
   * @throws the system's error.
   */
  write(bytes: Uint8Array, offsetBytes: number, isAligned: boolean): Promise<boolean> {
    this.#waiting += 1;
    const writing = this.#last.then(() => this.#write(bytes, offsetBytes, isAligned));
    this.#last = writing.catch(() => undefined);
    return writing;
  }

  async #write(bytes: Uint8Array, offsetBytes: number, isAligned: boolean): Promise<boolean> {
    try {
      const isDirect = isAligned && bytes.length >= LEAST_BYTES && this.#disk.isWise;
      const done = isDirect ? await this.#writeDirectly(bytes, offsetBytes) : 0;
      await writeFully(this.#fd, bytes.subarray(done), offsetBytes + done);
      return done > 0;
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) await this.#closeDirect();
    }
  }

  /** Writes whole pages. @returns how many bytes; what is left is written as usual. */
  async #writeDirectly(bytes: Uint8Array, offsetBytes: number): Promise<number> {
    const length = bytes.length - (bytes.length % ALIGNMENT_BYTES);
    const beganMs = performance.now();
    try {
      this.#directFd ??= await openFile(`/proc/self/fd/${this.#fd}`, constants.O_WRONLY | constants.O_DIRECT);
      await writeFully(this.#directFd, bytes.subarray(0, length), offsetBytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOSPC") throw error;
      this.#disk.refused();
      return 0;
    }
    this.#disk.took(length, performance.now() - beganMs);
    return length;
  }

  async #closeDirect(): Promise<void> {
    const fd = this.#directFd;
    this.#directFd = undefined;
    if (fd !== undefined) await closeFile(fd);
  }
}
