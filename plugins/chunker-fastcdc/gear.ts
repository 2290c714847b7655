import { createCipheriv } from "node:crypto";

/**
 * One 31-bit number for each value of a byte: the first 256 big-endian words of the key stream of AES-256-CTR
 * with a key and a nonce of zeroes, their highest bits cleared. That is the table of `ronomon/deduplication`,
 * and nobody can have chosen it. 31 bits: then the sum of a shifted hash and a gear fits into 32.
 */
export const GEAR: Int32Array = makeGear();

function makeGear(): Int32Array {
  const cipher = createCipheriv("aes-256-ctr", Buffer.alloc(32), Buffer.alloc(16));
  const stream = cipher.update(Buffer.alloc(256 * 4));
  return Int32Array.from({ length: 256 }, (_, byte) => stream.readUInt32BE(byte * 4) & 0x7fffffff);
}
