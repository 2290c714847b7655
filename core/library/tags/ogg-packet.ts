import type { BlockReader } from "./block-reader.js";
import { PAGE_HEADER_BYTES } from "./ogg-stream.js";
import { bytesAt } from "./picture.js";

/** One of the first packets of a stream, read across its pages (RFC 3533, section 6). */
export class OggPacket {
  readonly #reader: BlockReader;
  readonly #serial: number;
  readonly #number: number;
  /** Where the pieces of the packet lie in the file, in order. */
  readonly #pieces: { readonly start: number; readonly at: number; readonly length: number }[] = [];
  #known = 0;
  #nextPage = 0;
  #packet = 0;
  #isWhole = false;

  /** @param number of the packet in its stream, from 0. */
  constructor(reader: BlockReader, serial: number, number: number) {
    this.#reader = reader;
    this.#serial = serial;
    this.#number = number;
  }

  /** Four bytes of it as a number, the least first. @throws where it ends before. */
  async number(at: number): Promise<number> {
    const bytes = await this.read(at, 4);
    if (bytes.length < 4) throw new Error("the comments end too early");
    return bytes.readUInt32LE(0);
  }

  /** Bytes of it; fewer only where it ends. */
  async read(from: number, length: number): Promise<Buffer> {
    while (this.#known < from + length && !this.#isWhole) await this.#takePage();
    const found: Buffer[] = [];
    for (const { start, at, length: held } of this.#pieces) {
      const first = Math.max(from, start);
      const end = Math.min(from + length, start + held);
      if (first < end) found.push(await bytesAt(this.#reader, at + first - start, end - first));
    }
    return Buffer.concat(found);
  }

  async #takePage(): Promise<void> {
    const header = await bytesAt(this.#reader, this.#nextPage, PAGE_HEADER_BYTES + 255);
    if (header.length < PAGE_HEADER_BYTES || header.toString("latin1", 0, 4) !== "OggS") {
      this.#isWhole = true;
      return;
    }
    const segments = header[26] ?? 0;
    const table = header.subarray(PAGE_HEADER_BYTES, PAGE_HEADER_BYTES + segments);
    let at = this.#nextPage + PAGE_HEADER_BYTES + segments;
    const isOurs = header.readUInt32LE(14) === this.#serial;
    for (const length of table) {
      if (isOurs) this.#takeSegment(at, length);
      at += length;
    }
    this.#nextPage = at;
  }

  #takeSegment(at: number, length: number): void {
    if (this.#packet === this.#number && !this.#isWhole) {
      const last = this.#pieces.at(-1);
      if (last && last.at + last.length === at) {
        this.#pieces[this.#pieces.length - 1] = { ...last, length: last.length + length };
      } else {
        this.#pieces.push({ start: this.#known, at, length });
      }
      this.#known += length;
      if (length < 255) this.#isWhole = true;
    }
    if (length < 255) this.#packet++;
  }
}
