import type { FileView } from "./file-view.js";
import type { ByteRange } from "./stored-version.js";

/** Reads of an origin, pinned to the version. */
export type FetchRange = (
  offsetBytes: number,
  lengthBytes: number,
  signal: AbortSignal,
) => Promise<Uint8Array>;

/** What is fetched at the beginning of a file, and elsewhere, where a few bytes are asked for. */
const HEAD_BYTES = 16 * 1024;
const WINDOW_BYTES = 4 * 1024;
/** Reading in order, each window is twice the one before, up to this. */
const MAX_WINDOW_BYTES = 256 * 1024;
/** Longest that one reading of headers may fetch in all. */
const BUDGET_BYTES = 4 * 1024 * 1024;
const MAX_WINDOWS = 64;
/** What is kept of it for whoever reads the file then. */
export const KEPT_BYTES = 64 * 1024;

interface Fetched {
  readonly from: number;
  readonly bytes: Uint8Array;
}

/** It takes too much to find out where the audio begins. */
export class HeadersTooLongError extends Error {
  override readonly name = "HeadersTooLongError";

  constructor() {
    super("its headers are too long");
  }
}

/**
 * The new version of a file: its headers are read through small windows, which are kept until the bytes are asked for,
 * so that nothing is fetched twice.
 */
export class FetchedVersion implements FileView {
  readonly sizeBytes: number;
  readonly #fetch: FetchRange;
  readonly #signal: AbortSignal;
  #windows: Fetched[] = [];
  #fetchedBytes = 0;
  #lastWindowBytes = WINDOW_BYTES;

  /** @param signal ends the reading of headers. */
  constructor(sizeBytes: number, fetch: FetchRange, signal: AbortSignal) {
    this.sizeBytes = sizeBytes;
    this.#fetch = fetch;
    this.#signal = signal;
  }

  async read(offsetBytes: number, lengthBytes: number): Promise<Buffer> {
    const end = Math.min(this.sizeBytes, offsetBytes + lengthBytes);
    if (end <= offsetBytes) return Buffer.alloc(0);
    const found = this.#find(offsetBytes, end) ?? (await this.#fetchWindow(offsetBytes, end));
    return Buffer.from(found);
  }

  /** Reads a range of which some may be there already, and keeps it: nothing of it is fetched twice. */
  async readWhole({ from, to }: ByteRange): Promise<Buffer> {
    const target = Buffer.alloc(to - from);
    for (const missing of this.fill(target, from)) {
      const bytes = await this.#fetch(missing.from, missing.to - missing.from, this.#signal);
      target.set(bytes, missing.from - from);
      this.#windows.push({ from: missing.from, bytes });
    }
    return target;
  }

  /** Fills `target` with what is kept from `offsetBytes` on. @returns the ranges that are not. */
  fill(target: Uint8Array, offsetBytes: number): readonly ByteRange[] {
    let missing: ByteRange[] = [{ from: offsetBytes, to: offsetBytes + target.length }];
    for (const { from, bytes } of this.#windows) {
      const rest: ByteRange[] = [];
      for (const range of missing) {
        const start = Math.max(range.from, from);
        const end = Math.min(range.to, from + bytes.length);
        if (start >= end) {
          rest.push(range);
          continue;
        }
        target.set(bytes.subarray(start - from, end - from), start - offsetBytes);
        if (range.from < start) rest.push({ from: range.from, to: start });
        if (end < range.to) rest.push({ from: end, to: range.to });
      }
      missing = rest;
    }
    return missing;
  }

  /** Forgets the windows that lie within what was just given to a reader. */
  forget({ from, to }: ByteRange): void {
    this.#windows = this.#windows.filter(
      (window) => window.from < from || window.from + window.bytes.length > to,
    );
  }

  /** The headers are read: of a file that was hard to read, not all windows are kept. */
  settle(): void {
    let kept = 0;
    this.#windows = this.#windows.filter(({ bytes }) => {
      kept += bytes.length;
      return kept <= KEPT_BYTES;
    });
  }

  #find(from: number, to: number): Uint8Array | undefined {
    const window = this.#windows.find((one) => one.from <= from && one.from + one.bytes.length >= to);
    return window?.bytes.subarray(from - window.from, to - window.from);
  }

  async #fetchWindow(offsetBytes: number, end: number): Promise<Uint8Array> {
    const { from, to } = this.#windowAround(offsetBytes, end);
    this.#fetchedBytes += to - from;
    if (this.#fetchedBytes > BUDGET_BYTES || this.#windows.length >= MAX_WINDOWS)
      throw new HeadersTooLongError();
    const bytes = await this.#fetch(from, to - from, this.#signal);
    if (bytes.length !== to - from) throw new Error(`${bytes.length} bytes came instead of ${to - from}`);
    this.#windows.push({ from, bytes });
    return bytes.subarray(offsetBytes - from, end - from);
  }

  #windowAround(offsetBytes: number, end: number): ByteRange {
    const { sizeBytes } = this;
    const tail = sizeBytes - WINDOW_BYTES;
    if (offsetBytes >= tail) return { from: Math.max(0, tail), to: sizeBytes };
    const last = this.#windows.at(-1);
    const goesOn =
      last !== undefined && offsetBytes <= last.from + last.bytes.length && offsetBytes >= last.from;
    const first = offsetBytes < HEAD_BYTES ? HEAD_BYTES : WINDOW_BYTES;
    this.#lastWindowBytes = goesOn ? Math.min(MAX_WINDOW_BYTES, this.#lastWindowBytes * 2) : first;
    const to = Math.min(sizeBytes, Math.max(end, offsetBytes + this.#lastWindowBytes));
    return { from: offsetBytes, to };
  }
}
