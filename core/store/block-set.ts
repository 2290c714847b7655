/** What is fetched, checked and known of a blob comes in blocks of this many bytes; the last one may be shorter. */
export const BLOCK_BYTES = 64 * 1024;

export function blockCountOf(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK_BYTES);
}

/** Blocks from `from` up to, but not with, `to`. */
export interface BlockRange {
  readonly from: number;
  readonly to: number;
}

/** The blocks that hold bytes of a range; of an empty range there are none. */
export function blocksOf(offsetBytes: number, lengthBytes: number): BlockRange {
  const from = Math.floor(offsetBytes / BLOCK_BYTES);
  return { from, to: lengthBytes === 0 ? from : blockCountOf(offsetBytes + lengthBytes) };
}

/** A set of a blob's blocks: a bit each, so that 1 GB takes 2 KB. */
export class BlockSet {
  /** Bit `n & 7` of byte `n >> 3` is block `n`; how the index keeps it, too. */
  readonly bytes: Uint8Array;
  readonly blocks: number;
  #size: number;

  /** @param bytes an earlier set's; blocks that it lacks are not in the set, and those beyond the end are cut off. */
  constructor(blocks: number, bytes?: Uint8Array) {
    this.blocks = blocks;
    this.bytes = new Uint8Array((blocks + 7) >> 3);
    if (bytes) this.bytes.set(bytes.subarray(0, this.bytes.length));
    if ((blocks & 7) !== 0 && bytes) this.bytes[this.bytes.length - 1] = this.#lastByte(blocks);
    this.#size = countOf(this.bytes);
  }

  /** Blocks in the set. */
  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size === this.blocks;
  }

  has(block: number): boolean {
    return ((this.bytes[block >> 3] as number) & (1 << (block & 7))) !== 0;
  }

  hasAll({ from, to }: BlockRange): boolean {
    for (let block = from; block < to; block += 1) if (!this.has(block)) return false;
    return true;
  }

  add({ from, to }: BlockRange): void {
    for (let block = from; block < to; block += 1) {
      if (this.has(block)) continue;
      this.bytes[block >> 3] = (this.bytes[block >> 3] as number) | (1 << (block & 7));
      this.#size += 1;
    }
  }

  remove({ from, to }: BlockRange): void {
    for (let block = from; block < to; block += 1) {
      if (!this.has(block)) continue;
      this.bytes[block >> 3] = (this.bytes[block >> 3] as number) & ~(1 << (block & 7));
      this.#size -= 1;
    }
  }

  /** Runs of blocks of `range` that are in the set, or that are not, in order. */
  *runs({ from, to }: BlockRange, present: boolean): Generator<BlockRange> {
    for (let block = from; block < to; ) {
      if (this.has(block) !== present) {
        block += 1;
        continue;
      }
      let end = block + 1;
      while (end < to && this.has(end) === present) end += 1;
      yield { from: block, to: end };
      block = end;
    }
  }

  /** Bytes of a file of `sizeBytes` that the set's blocks hold. */
  byteCount(sizeBytes: number): number {
    const last = this.blocks - 1;
    const missing = last >= 0 && this.has(last) ? this.blocks * BLOCK_BYTES - sizeBytes : 0;
    return this.#size * BLOCK_BYTES - missing;
  }

  #lastByte(blocks: number): number {
    return (this.bytes[this.bytes.length - 1] as number) & ((1 << (blocks & 7)) - 1);
  }
}

function countOf(bytes: Uint8Array): number {
  let count = 0;
  for (let byte of bytes) for (; byte !== 0; byte &= byte - 1) count += 1;
  return count;
}
