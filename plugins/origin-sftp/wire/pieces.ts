/** Bytes in the pieces in which they came: what a file holds is copied once, to where it is wanted. */
export class Pieces {
  readonly length: number;
  readonly #pieces: readonly Buffer[];

  constructor(pieces: readonly Buffer[], length: number) {
    this.#pieces = pieces;
    this.length = length;
  }

  /** All from `offset` on, or `length` of it; a view where they came in one piece. */
  slice(offset: number, length = this.length - offset): Buffer {
    const [first] = this.#pieces;
    if (first && offset + length <= first.length) return first.subarray(offset, offset + length);
    const joined = Buffer.allocUnsafe(length);
    this.copy(offset, joined, 0);
    return joined;
  }

  /** Copies from `offset` on, as much as there is, into `target`, which has room for it. */
  copy(offset: number, target: Buffer, at: number): void {
    let skipped = 0;
    let to = at;
    for (const piece of this.#pieces) {
      const from = Math.max(0, offset - skipped);
      if (from < piece.length) to += piece.copy(target, to, from);
      skipped += piece.length;
    }
  }
}
