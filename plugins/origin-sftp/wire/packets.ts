import { malformed } from "./fields.js";
import { Pieces } from "./pieces.js";
import { MAX_PACKET_BYTES } from "./protocol.js";

const LENGTH_BYTES = 4;

/** Tells packets apart in the pieces in which a stream gives them. */
export class Packets {
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Of the packet that is coming, without its length; 0 while that is not known. */
  #wanted = 0;

  /**
   * The packets that are whole with this piece, without their lengths.
   *
   * @throws OriginError for a length that no packet can have.
   */
  *take(piece: Buffer): Generator<Pieces> {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    for (;;) {
      if (this.#wanted === 0) {
        if (this.#bytes < LENGTH_BYTES) return;
        this.#wanted = this.#takeLength();
      }
      if (this.#bytes < this.#wanted) return;
      const packet = this.#takeBytes(this.#wanted);
      this.#wanted = 0;
      yield packet;
    }
  }

  #takeLength(): number {
    const length = this.#takeBytes(LENGTH_BYTES).slice(0).readUInt32BE(0);
    if (length < 1 || length > MAX_PACKET_BYTES) throw malformed(`it claims to be ${length} bytes long`);
    return length;
  }

  #takeBytes(count: number): Pieces {
    const taken: Buffer[] = [];
    let left = count;
    while (left > 0) {
      const piece = this.#pieces.shift() as Buffer;
      taken.push(piece.subarray(0, left));
      if (piece.length > left) this.#pieces.unshift(piece.subarray(left));
      left -= Math.min(left, piece.length);
    }
    this.#bytes -= count;
    return new Pieces(taken, count);
  }
}
