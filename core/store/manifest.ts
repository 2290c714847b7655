import { hash } from "node:crypto";
import { HASH_ALGORITHM } from "./format.js";

/** A chunk's hash, and the length before it, as a manifest has them. */
export const HASH_BYTES = 32;
const LENGTH_BYTES = 4;
const ENTRY_BYTES = LENGTH_BYTES + HASH_BYTES;

/** Where a chunk lies in its file. */
export interface ChunkRange {
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** The content address of some bytes. */
export function hashOfChunk(bytes: Uint8Array): Buffer {
  return hash(HASH_ALGORITHM, bytes, "buffer");
}

/**
 * The chunks of a whole file, in order: for each its length (32 bits, little-endian) and its hash. What the index
 * keeps; two files are the same when their manifests are.
 */
export class Manifest {
  readonly bytes: Uint8Array;
  /** Offset of each chunk, and at the end the file's size. */
  readonly #offsets: Float64Array;

  constructor(bytes: Uint8Array) {
    const count = Math.floor(bytes.length / ENTRY_BYTES);
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.bytes = bytes;
    this.#offsets = new Float64Array(count + 1);
    for (let chunk = 0; chunk < count; chunk += 1) {
      this.#offsets[chunk + 1] = (this.#offsets[chunk] as number) + view.getUint32(chunk * ENTRY_BYTES, true);
    }
  }

  /** Chunks in it. */
  get count(): number {
    return this.#offsets.length - 1;
  }

  /** Bytes of all chunks: of the file. */
  get sizeBytes(): number {
    return this.#offsets[this.count] as number;
  }

  range(chunk: number): ChunkRange {
    const offsetBytes = this.#offsets[chunk] as number;
    return { offsetBytes, lengthBytes: (this.#offsets[chunk + 1] as number) - offsetBytes };
  }

  hash(chunk: number): Uint8Array {
    const at = chunk * ENTRY_BYTES + LENGTH_BYTES;
    return this.bytes.subarray(at, at + HASH_BYTES);
  }

  /** The chunk that holds the byte at an offset within the file. */
  chunkAt(offsetBytes: number): number {
    let [low, high] = [0, this.count - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#offsets[middle] as number) <= offsetBytes) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** Writes a manifest, chunk by chunk. */
export class ManifestWriter {
  #bytes = new Uint8Array(ENTRY_BYTES * 1024);
  #count = 0;

  add(lengthBytes: number, chunkHash: Uint8Array): void {
    const at = this.#count * ENTRY_BYTES;
    if (at === this.#bytes.length) {
      const larger = new Uint8Array(this.#bytes.length * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    new DataView(this.#bytes.buffer).setUint32(at, lengthBytes, true);
    this.#bytes.set(chunkHash, at + LENGTH_BYTES);
    this.#count += 1;
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.#bytes.slice(0, this.#count * ENTRY_BYTES);
  }
}

/** A disk gives back whole pages only. */
export const PAGE_BYTES = 4096;

/** Bytes that a file takes on the disk of which some chunks lie elsewhere: only whole pages of those are given back. */
export function heldBytes(manifest: Manifest, borrowed: ReadonlySet<number>): number {
  let held = manifest.sizeBytes;
  let from = -1;
  for (let chunk = 0; chunk <= manifest.count; chunk += 1) {
    if (chunk < manifest.count && borrowed.has(chunk)) {
      if (from < 0) from = manifest.range(chunk).offsetBytes;
    } else if (from >= 0) {
      const to = chunk < manifest.count ? manifest.range(chunk).offsetBytes : manifest.sizeBytes;
      held -= Math.max(
        0,
        Math.floor(to / PAGE_BYTES) * PAGE_BYTES - Math.ceil(from / PAGE_BYTES) * PAGE_BYTES,
      );
      from = -1;
    }
  }
  return held;
}
