import { crc32 } from "node:zlib";
import { type Blob, BlobGoneError } from "../store/blob.js";
import { BLOCK_BYTES, blocksOf } from "../store/block-set.js";
import type { ContentStore } from "../store/content-store.js";
import type { Manifest } from "../store/manifest.js";
import type { FileVersion } from "../store/store-index.js";

/** Bytes of a file, from `from` up to, but not with, `to`. */
export interface ByteRange {
  readonly from: number;
  readonly to: number;
}

/**
 * An earlier version of a file, as far as the store has it. What is read here gets a new sum in another blob, so every
 * byte is compared with its sum or its hash again, whatever was checked before: damage must not be handed on as sound.
 */
export class StoredVersion {
  readonly version: FileVersion;
  readonly #store: ContentStore;

  constructor(version: FileVersion, store: ContentStore) {
    this.version = version;
    this.#store = store;
  }

  get sizeBytes(): number {
    return this.version.file.sizeBytes;
  }

  /** Reads a range. @returns `undefined` where some of it is not kept, or damaged. */
  read({ from, to }: ByteRange): Promise<Buffer | undefined> {
    return this.#use(async (blob) => {
      const { manifest } = blob;
      const bytes = manifest
        ? await this.#readChunks(blob, manifest, from, to)
        : await this.#readBlocks(blob, from, to);
      if (bytes) this.#store.noteUse(blob);
      return bytes;
    });
  }

  /** Whether all of a range is kept. */
  async hasAll(range: ByteRange): Promise<boolean> {
    return (await this.parts(range)).every(({ isKept }) => isKept);
  }

  /** The parts of a range that are kept and those that are not, in order. */
  async parts(range: ByteRange): Promise<readonly (ByteRange & { readonly isKept: boolean })[]> {
    const { from, to } = range;
    const parts = await this.#use(async ({ present }) => {
      const blocks = blocksOf(from, to - from);
      const found: (ByteRange & { isKept: boolean })[] = [];
      for (let block = blocks.from; block < blocks.to; block += 1) {
        const isKept = present.has(block);
        const end = Math.min(to, (block + 1) * BLOCK_BYTES);
        const last = found.at(-1);
        if (last?.isKept === isKept) found[found.length - 1] = { ...last, to: end };
        else found.push({ from: Math.max(from, block * BLOCK_BYTES), to: end, isKept });
      }
      return found;
    });
    return parts ?? [{ ...range, isKept: false }];
  }

  async #use<T>(work: (blob: Blob) => Promise<T | undefined>): Promise<T | undefined> {
    const blob = await this.#store.acquire(this.version);
    if (!blob) return undefined;
    try {
      if (blob.wasTouched) blob.distrust();
      return await work(blob);
    } catch (error) {
      if (!(error instanceof BlobGoneError)) this.#store.failed(error);
      return undefined;
    } finally {
      this.#store.release(blob);
    }
  }

  async #readChunks(blob: Blob, manifest: Manifest, from: number, to: number): Promise<Buffer | undefined> {
    const target = Buffer.allocUnsafeSlow(to - from);
    for (let chunk = manifest.chunkAt(from); chunk < manifest.count; chunk += 1) {
      const { offsetBytes, lengthBytes } = manifest.range(chunk);
      if (offsetBytes >= to) break;
      const bytes = await this.#store.chunks.read(blob, manifest, chunk);
      if (!bytes) return undefined;
      const start = Math.max(from, offsetBytes);
      const end = Math.min(to, offsetBytes + lengthBytes);
      target.set(bytes.subarray(start - offsetBytes, end - offsetBytes), start - from);
    }
    return target;
  }

  async #readBlocks(blob: Blob, from: number, to: number): Promise<Buffer | undefined> {
    const blocks = blocksOf(from, to - from);
    await this.#store.check(blob, blocks.from, blocks.to);
    if (!blob.checked.hasAll(blocks)) return undefined;
    const start = blocks.from * BLOCK_BYTES;
    const target = Buffer.allocUnsafeSlow(Math.min(blocks.to * BLOCK_BYTES, this.sizeBytes) - start);
    await blob.read(start, target);
    for (let block = blocks.from; block < blocks.to; block += 1) {
      const at = block * BLOCK_BYTES - start;
      if (crc32(target.subarray(at, at + BLOCK_BYTES)) === blob.sums[block]) continue;
      await this.#store.check(blob, block, block + 1, true);
      return undefined;
    }
    return target.subarray(from - start, to - start);
  }
}
