import type { Chunker } from "musicfs";
import { GEAR } from "./gear.js";

export interface FastcdcSizes {
  readonly minBytes: number;
  /** A power of two. */
  readonly averageBytes: number;
  readonly maxBytes: number;
}

/**
 * Makes a chunker that cuts by FastCDC with normalised chunking: W. Xia et al., "FastCDC: a Fast and Efficient
 * Content-Defined Chunking Approach for Data Deduplication", USENIX ATC 2016, and "The Design of Fast
 * Content-Defined Chunking for Data Deduplication Based Storage Systems", IEEE TPDS 31(9), 2020.
 *
 * The variant is that of `ronomon/deduplication`, and with it of the crate `fastcdc` 1 and of `fastcdc-wasm`:
 * 31-bit gears and a right shift, one bit of normalisation, and the change from the strict mask to the lax
 * one at `average - 1.5 × min`. The cuts are the same, byte for byte.
 */
export function createFastcdc({ minBytes, averageBytes, maxBytes }: FastcdcSizes): Chunker {
  const bits = Math.log2(averageBytes);
  const strictMask = 2 ** (bits + 1) - 1;
  const laxMask = 2 ** (bits - 1) - 1;
  const centre = averageBytes - Math.min(averageBytes, minBytes + Math.ceil(minBytes / 2));
  const hash = new Int32Array(1);

  return {
    id: `fastcdc-${minBytes}-${averageBytes}-${maxBytes}`,
    minBytes,
    maxBytes,
    source: {
      module: import.meta.url,
      create: createFastcdc.name,
      options: { minBytes, averageBytes, maxBytes } satisfies FastcdcSizes,
    },
    cut(bytes, from, to) {
      const end = Math.min(to, from + maxBytes);
      const start = from + minBytes;
      if (end <= start) return end - from;
      const change = Math.min(end, Math.max(start, from + centre));
      hash[0] = 0;
      const strict = findCut(bytes, start, change, strictMask, hash);
      if (strict > 0) return strict - from;
      const lax = findCut(bytes, change, end, laxMask, hash);
      return lax > 0 ? lax - from : end - from;
    },
  };
}

/**
 * Rolls the hash over `bytes[from..to)` until its masked bits are zero.
 *
 * Sixteen steps a round: the check of the loop's end costs nearly as much as a step (figures in README.md).
 *
 * @param carry the hash before `from`, and after the call the hash at `to`.
 * @returns the offset behind the byte at which the bits were zero, or `0`.
 */
function findCut(bytes: Uint8Array, from: number, to: number, mask: number, carry: Int32Array): number {
  let hash = carry[0] as number;
  let at = from;
  const gear = GEAR;
  for (const last = to - 15; at < last; at += 16) {
    hash = ((hash >>> 1) + (gear[bytes[at] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 1;
    hash = ((hash >>> 1) + (gear[bytes[at + 1] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 2;
    hash = ((hash >>> 1) + (gear[bytes[at + 2] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 3;
    hash = ((hash >>> 1) + (gear[bytes[at + 3] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 4;
    hash = ((hash >>> 1) + (gear[bytes[at + 4] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 5;
    hash = ((hash >>> 1) + (gear[bytes[at + 5] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 6;
    hash = ((hash >>> 1) + (gear[bytes[at + 6] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 7;
    hash = ((hash >>> 1) + (gear[bytes[at + 7] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 8;
    hash = ((hash >>> 1) + (gear[bytes[at + 8] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 9;
    hash = ((hash >>> 1) + (gear[bytes[at + 9] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 10;
    hash = ((hash >>> 1) + (gear[bytes[at + 10] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 11;
    hash = ((hash >>> 1) + (gear[bytes[at + 11] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 12;
    hash = ((hash >>> 1) + (gear[bytes[at + 12] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 13;
    hash = ((hash >>> 1) + (gear[bytes[at + 13] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 14;
    hash = ((hash >>> 1) + (gear[bytes[at + 14] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 15;
    hash = ((hash >>> 1) + (gear[bytes[at + 15] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 16;
  }
  for (; at < to; at++) {
    hash = ((hash >>> 1) + (gear[bytes[at] as number] as number)) | 0;
    if ((hash & mask) === 0) return at + 1;
  }
  carry[0] = hash;
  return 0;
}
