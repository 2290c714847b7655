import type { Blob } from "../store/blob.js";
import type { ContentStore } from "../store/content-store.js";
import type { FileVersion } from "../store/store-index.js";

/** The blob that holds one version of a file at this moment, if any does: it may be evicted, and made anew. */
export class CurrentBlob {
  readonly #version: FileVersion;
  readonly #store: ContentStore;
  readonly #keeps: boolean;
  readonly #links: { readonly ino: number; readonly revision: number }[] = [];
  #blob: Blob | undefined;

  /** @param keeps whether what is fetched is kept: the user may not want that of its origin. */
  constructor(version: FileVersion, store: ContentStore, keeps: boolean) {
    this.#keeps = keeps;
    this.#version = version;
    this.#store = store;
  }

  /** The last that was found, unless it is gone. */
  get live(): Blob | undefined {
    return this.#blob?.isGone === false ? this.#blob : undefined;
  }

  /** Looks for it in the store where none is known. */
  async find(): Promise<Blob | undefined> {
    if (this.live) return this.live;
    const blob = await this.#store.acquire(this.#version);
    if (blob) this.#store.release(blob);
    return this.live ?? this.#adopt(blob);
  }

  /**
   * Keeps blocks that were fetched, in a blob that is made where there is none.
   *
   * @param from the first block.
   * @returns whether they are kept.
   */
  async keep(from: number, bytes: Uint8Array): Promise<boolean> {
    const blob = this.#keeps ? await this.#store.acquireOrCreate(this.#version) : undefined;
    if (!blob) return false;
    try {
      if (blob !== this.#blob) this.#adopt(blob);
      return await this.#store.put(blob, from, bytes);
    } finally {
      this.#store.release(blob);
    }
  }

  /** An inode shows this version: the workers may answer for it. */
  link(ino: number, revision: number): void {
    if (this.#links.some((link) => link.ino === ino && link.revision === revision)) return;
    this.#links.push({ ino, revision });
    this.#blob?.link(ino, revision);
  }

  #adopt(blob: Blob | undefined): Blob | undefined {
    this.#blob = blob;
    for (const { ino, revision } of this.#links) blob?.link(ino, revision);
    return blob;
  }
}
