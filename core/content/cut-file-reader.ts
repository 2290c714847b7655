import { ErrnoError } from "../errno.js";
import type { VersionReader } from "../origins/version-reader.js";
import { settledBy } from "../settled-by.js";
import { type Blob, BlobGoneError } from "../store/blob.js";
import type { Manifest } from "../store/manifest.js";
import type { Fetcher, FetcherOptions } from "./fetcher.js";

/** See {@link VersionReader.readRight}. */
export type ReadsRight = Pick<VersionReader, "readRight">;

/**
 * Reads a file that is cut, of which not all was checked in this run, or some lies in other blobs: chunk by chunk, each
 * compared with its hash. What is damaged or gone is fetched again.
 */
export class CutFileReader {
  readonly #fetcher: Fetcher;
  readonly #use: FetcherOptions;
  readonly #right: ReadsRight;
  /** Damaged chunks that are being fetched again. */
  readonly #mending = new Map<number, Promise<Uint8Array>>();

  constructor(fetcher: Fetcher, use: FetcherOptions, right: ReadsRight) {
    this.#right = right;
    this.#fetcher = fetcher;
    this.#use = use;
  }

  /**
   * Fills `target` with what lies at `offsetBytes`.
   *
   * @returns whether all of it was kept.
   * @throws BlobGoneError when the blob went, what the origin threw, or `signal.reason`.
   */
  async read(
    blob: Blob,
    manifest: Manifest,
    offsetBytes: number,
    target: Uint8Array,
    signal: AbortSignal,
  ): Promise<boolean> {
    const end = offsetBytes + target.length;
    let isHit = true;
    for (let chunk = manifest.chunkAt(offsetBytes); ; chunk += 1) {
      signal.throwIfAborted();
      const range = manifest.range(chunk);
      let bytes = await this.#use.store.chunks.read(blob, manifest, chunk);
      if (!bytes) {
        isHit = false;
        bytes = await this.#mend(blob, manifest, chunk, signal);
      }
      const from = Math.max(offsetBytes, range.offsetBytes);
      const to = Math.min(end, range.offsetBytes + range.lengthBytes);
      target.set(bytes.subarray(from - range.offsetBytes, to - range.offsetBytes), from - offsetBytes);
      if (to === end) return isHit;
    }
  }

  #mend(blob: Blob, manifest: Manifest, chunk: number, signal: AbortSignal): Promise<Uint8Array> {
    const mending =
      this.#mending.get(chunk) ??
      this.#fetch(blob, manifest, chunk).finally(() => this.#mending.delete(chunk));
    this.#mending.set(chunk, mending);
    return settledBy(mending, signal);
  }

  async #fetch(blob: Blob, manifest: Manifest, chunk: number): Promise<Uint8Array> {
    const { store, gate, signal } = this.#use;
    const { offsetBytes, lengthBytes } = manifest.range(chunk);
    await gate.enter(lengthBytes, signal);
    try {
      const bytes = await this.#fetcher.ask(offsetBytes, lengthBytes, signal);
      store.corrupted(blob, offsetBytes, lengthBytes);
      if (await store.chunks.mend(blob, manifest, chunk, bytes)) return bytes;
      const isRight = (other: Uint8Array) => store.chunks.mend(blob, manifest, chunk, other);
      const right = await this.#right.readRight(offsetBytes, lengthBytes, isRight, signal);
      if (right) return right;
      // The origin has other bytes under this very version than it had: what is kept of it is worth nothing.
      if ((await store.remove(blob.id)) === undefined) throw new ErrnoError("EIO", "its origin changed it");
      throw new BlobGoneError("its origin changed it");
    } finally {
      gate.leave(lengthBytes);
    }
  }
}
