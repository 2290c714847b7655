import type { Blob } from "./blob.js";
import type { ChunkStoreOptions } from "./chunk-store.js";
import { CHUNK_SLICE } from "./chunk-table.js";
import { heldBytes, type Manifest } from "./manifest.js";
import type { FileVersion } from "./store-index.js";
import type { SharedChunk } from "./store-messages.js";
import type { StoreThread } from "./store-thread.js";

export interface ChunkSharingOptions
  extends Pick<
    ChunkStoreOptions,
    "index" | "acquireById" | "release" | "remove" | "setStored" | "isPassedThrough"
  > {
  readonly thread: StoreThread;
  readonly isClosed: () => boolean;
  /** Compares all chunks that lie in a blob. @returns those that are wrong. */
  check(blob: Blob, manifest: Manifest): Promise<readonly number[]>;
  /** The blob is in use: it is to be looked at again. */
  retryLater(id: number): void;
}

/** Less than this is not worth a hole. */
const WORTHWHILE_BYTES = 64 * 1024;

/** Keeps once what several files have: whole files that are the same in one blob, and single chunks in one of theirs. */
export class ChunkSharing {
  readonly #use: ChunkSharingOptions;
  #canPunch = true;

  constructor(options: ChunkSharingOptions) {
    this.#use = options;
  }

  /** Keeps what a file that was cut has in common with others only once. */
  async share(blob: Blob, manifest: Manifest): Promise<void> {
    if (this.#use.isClosed() || blob.isGone) return;
    if (await this.#mergeWithTwin(blob, manifest)) return;
    const shared = await this.#addChunks(blob, manifest);
    const bytes = shared.reduce((sum, chunk) => sum + manifest.range(chunk).lengthBytes, 0);
    if (bytes >= WORTHWHILE_BYTES && this.#canPunch) await this.#punch(blob, manifest, shared);
  }

  /** @returns whether another blob stands for all that this one stood for. */
  async #mergeWithTwin(blob: Blob, manifest: Manifest): Promise<boolean> {
    const { index, acquireById, release, remove, isPassedThrough } = this.#use;
    const twinId = index().chunks.twinOf(blob.id, manifest);
    if (twinId === undefined) return false;
    if (blob.users > 1 || isPassedThrough(blob)) {
      this.#use.retryLater(blob.id);
      return true;
    }
    const twin = await acquireById(twinId);
    if (!twin?.manifest) {
      if (twin) release(twin);
      return false;
    }
    try {
      if ((await this.#use.check(twin, twin.manifest)).length > 0 || twin.isGone || blob.isGone) return false;
      index().transaction(() => index().moveVersions(blob.id, twinId));
      await remove(blob.id);
      return true;
    } finally {
      release(twin);
    }
  }

  /** Enters the blob's chunks. @returns those that lie in other blobs already. */
  async #addChunks(blob: Blob, manifest: Manifest): Promise<number[]> {
    const { index } = this.#use;
    const superseded = this.#supersededBy(blob);
    const shared: number[] = [];
    for (let from = 0; from < manifest.count; from += CHUNK_SLICE) {
      if (this.#use.isClosed() || blob.isGone) return [];
      index().transaction(() => {
        for (let chunk = from; chunk < Math.min(manifest.count, from + CHUNK_SLICE); chunk += 1) {
          const holder = index().chunks.placeOf(manifest.hash(chunk))?.blobId;
          if (holder === undefined || holder === blob.id || superseded.has(holder)) {
            if (holder !== blob.id) index().chunks.put(blob.id, manifest, chunk);
          } else if (!blob.borrowed.has(chunk)) shared.push(chunk);
        }
      });
      await new Promise((resolve) => setImmediate(resolve));
    }
    for (const id of superseded) await this.#use.remove(id);
    return shared;
  }

  /** Blobs of older versions of the very files that this blob holds: their chunks are its own from now on. */
  #supersededBy(blob: Blob): ReadonlySet<number> {
    const { index } = this.#use;
    const versions = index().versionsOf(blob.id);
    const places = new Set(versions.map(placeOf));
    const others = versions
      .flatMap(({ originId, file }) => index().blobsOf(originId, file.path))
      .filter(
        (id) =>
          id < blob.id &&
          index()
            .versionsOf(id)
            .every((version) => places.has(placeOf(version))),
      );
    return new Set(others);
  }

  async #punch(blob: Blob, manifest: Manifest, chunks: readonly number[]): Promise<void> {
    const { index, release, setStored, isPassedThrough } = this.#use;
    const before = blob.borrowed;
    const after = new Set([...before, ...chunks]);
    const links = blob.setBorrowed(after);
    blob.republish(links);
    if (isPassedThrough(blob)) {
      this.#takeBack(blob, before);
      this.#use.retryLater(blob.id);
      return;
    }
    const holders: Blob[] = [];
    try {
      const shared = await this.#locate(blob, manifest, chunks, holders);
      index().transaction(() => {
        for (const { chunk } of shared) index().chunks.borrow(blob.id, manifest, chunk);
      });
      const { isPossible, good } = await blob.whileChanging(() =>
        this.#use.thread.run({ kind: "punch", fd: blob.fd, shared }),
      );
      this.#canPunch = isPossible;
      if (blob.isGone) return;
      this.#takeBack(blob, new Set([...before, ...good]));
      const kept = shared.map(({ chunk }) => chunk).filter((chunk) => !good.includes(chunk));
      index().transaction(() => {
        for (const chunk of kept) index().chunks.giveBack(blob.id, manifest, chunk);
      });
      setStored(blob, heldBytes(manifest, blob.borrowed));
    } finally {
      for (const holder of holders) release(holder);
    }
  }

  // What was not punched out lies here as it was; it is compared again when it is read.
  #takeBack(blob: Blob, borrowed: ReadonlySet<number>): void {
    blob.republish(blob.setBorrowed(borrowed));
  }

  async #locate(
    blob: Blob,
    manifest: Manifest,
    chunks: readonly number[],
    holders: Blob[],
  ): Promise<SharedChunk[]> {
    const { index, acquireById } = this.#use;
    const open = new Map<number, Blob>();
    const shared: SharedChunk[] = [];
    for (const chunk of chunks) {
      const hash = manifest.hash(chunk);
      const place = index().chunks.placeOf(hash);
      if (!place || place.blobId === blob.id) continue;
      let holder = open.get(place.blobId);
      if (!holder) {
        holder = await acquireById(place.blobId);
        if (!holder) continue;
        open.set(place.blobId, holder);
        holders.push(holder);
      }
      shared.push({
        chunk,
        ...manifest.range(chunk),
        hash,
        holderFd: holder.fd,
        holderOffsetBytes: place.offsetBytes,
      });
    }
    return shared;
  }
}

function placeOf({ originId, file }: FileVersion): string {
  return JSON.stringify([originId, file.path]);
}
