import { malformed } from "./fields.js";
import { MAX_PACKET_BYTES } from "./protocol.js";

const LENGTH_BYTES = 4;

/** Puts packets together from the pieces in which a stream gives them. */
export class Packets {
  #pieces: Buffer[] = [];
  #bytes = 0;
  /** Of the packet that is coming, with its length; 0 while that is not known. */
  #wanted = 0;

  /**
   * The packets that are whole with this piece, without their lengths.
   *
   * @throws OriginError for a length that no packet can have.
   */
  *take(piece: Buffer): Generator<Buffer> {
    this.#pieces.push(piece);
    this.#bytes += piece.length;
    for (;;) {
      if (this.#wanted === 0 && this.#bytes >= LENGTH_BYTES) this.#wanted = this.#readLength();
      if (this.#wanted === 0 || this.#bytes < this.#wanted) return;
      const all = this.#join();
      const packet = all.subarray(LENGTH_BYTES, this.#wanted);
      const rest = all.subarray(this.#wanted);
      this.#pieces = rest.length > 0 ? [rest] : [];
      this.#bytes = rest.length;
      this.#wanted = 0;
      yield packet;
    }
  }

  #readLength(): number {
    const length = this.#join().readUInt32BE(0);
    if (length < 1 || length > MAX_PACKET_BYTES) throw malformed(`it claims to be ${length} bytes long`);
    return LENGTH_BYTES + length;
  }

  #join(): Buffer {
    const [first] = this.#pieces;
    if (this.#pieces.length === 1 && first) return first;
    const all = Buffer.concat(this.#pieces);
    this.#pieces = [all];
    return all;
  }
}
