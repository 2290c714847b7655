import type { Catalogue } from "../catalogue/catalogue.js";
import type { CachePolicy } from "../model/cache-policy.js";
import type { ContentStore } from "../store/content-store.js";
import type {
  ClearOptions,
  FilePlace,
  OriginStoreStats,
  Removal,
  Store,
  StoredFile,
  StoreProgress,
  StoreStats,
  VerifyOptions,
  VerifyReport,
  WarmReport,
} from "../store/store.js";
import type { IndexedVersion } from "../store/store-index.js";
import type { ReadThrough } from "./read-through.js";
import { verifyStore } from "./verifying.js";
import { warmFiles } from "./warming.js";

export interface StoreOperationsParts {
  readonly catalogue: Catalogue;
  readonly store: ContentStore;
  readonly reading: ReadThrough;
  readonly policy: CachePolicy;
  /** The number of each configured origin, by its id. */
  readonly originNumbers: ReadonlyMap<string, number>;
  /** Those of them that are read through the store. */
  readonly cachedOrigins: ReadonlyMap<string, number>;
}

/** Rows that are looked at before others get their turn. */
const PAGE = 256;

/** What the store offers to those who operate it. */
export class StoreOperations implements Store {
  readonly #parts: StoreOperationsParts;

  constructor(parts: StoreOperationsParts) {
    this.#parts = parts;
  }

  stats(): StoreStats {
    const { store, policy, catalogue } = this.#parts;
    const { counters, index, room, health } = store;
    const stats = this.#originStats();
    const origins = stats.map(({ wholeFiles: _, ...origin }) => origin);
    const logicalBytes = origins.reduce((sum, origin) => sum + origin.logicalBytes, 0);
    const { reason } = health;
    return {
      state: reason === undefined ? "on" : "off",
      ...(reason === undefined ? {} : { reason }),
      maxBytes: policy.maxBytes,
      minFreeBytes: policy.minFreeBytes,
      files: origins.reduce((sum, { files }) => sum + files, 0),
      wholeFiles: stats.reduce((sum, { wholeFiles }) => sum + wholeFiles, 0),
      pinnedFiles: catalogue.pins.count(),
      logicalBytes,
      storedBytes: room.usedBytes,
      indexBytes: store.indexBytes,
      ...index.chunks.totals(),
      ratio: room.usedBytes === 0 ? 1 : logicalBytes / room.usedBytes,
      hits: counters.hits,
      misses: counters.misses,
      hitBytes: counters.hitBytes,
      originRequests: counters.originRequests,
      originBytes: counters.originBytes,
      bypassedBytes: counters.bypassedBytes,
      evictions: counters.evictions,
      evictedBytes: counters.evictedBytes,
      corruptChunks: counters.corruptChunks,
      deltaFiles: counters.deltaFiles,
      deltaTakenBytes: counters.deltaTakenBytes,
      deltaFetchedBytes: counters.deltaFetchedBytes,
      origins,
    };
  }

  files(afterId: number, limit: number): StoredFile[] {
    return this.#parts.store.index.versionsAfter(afterId, limit).map((version) => this.#storedFile(version));
  }

  du(): { originId: string; files: number; storedBytes: number }[] {
    return this.#parts.store.index
      .byOrigin()
      .map(({ originId, files, storedBytes }) => ({ originId, files, storedBytes }));
  }

  clear({ originId, pinned = false, dryRun = false }: ClearOptions, signal: AbortSignal): Promise<Removal> {
    const isMeant = (version: IndexedVersion): boolean =>
      (originId === undefined || version.originId === originId) &&
      (pinned || !this.#parts.store.evictor.isPinned(version.blobId));
    return this.#removeWhere(isMeant, dryRun, signal);
  }

  verify(options: VerifyOptions, signal: AbortSignal): Promise<VerifyReport> {
    return verifyStore(this.#parts, options, signal);
  }

  pin(places: readonly FilePlace[]): number {
    return this.#setPins(places, true);
  }

  unpin(places: readonly FilePlace[]): number {
    return this.#setPins(places, false);
  }

  pins(after: FilePlace | undefined, limit: number): FilePlace[] {
    return this.#parts.catalogue.pins.after(after, limit);
  }

  warm(
    places: readonly FilePlace[],
    onProgress: (progress: StoreProgress) => void,
    signal: AbortSignal,
  ): Promise<WarmReport> {
    const { catalogue, store, reading, cachedOrigins } = this.#parts;
    const parts = { catalogue, index: store.index, reading, originNumbers: cachedOrigins };
    return warmFiles(parts, places, onProgress, signal);
  }

  async gc({ dryRun = false }: { readonly dryRun?: boolean }, signal: AbortSignal): Promise<Removal> {
    const removal = await this.#removeWhere((version) => !this.#isShown(version), dryRun, signal);
    const swept = await this.#parts.store.sweep(dryRun, signal);
    return { files: removal.files, bytes: removal.bytes + swept.bytes };
  }

  #originStats(): (OriginStoreStats & { readonly wholeFiles: number })[] {
    const { store } = this.#parts;
    const unflushed = this.#unflushed();
    return store.index.byOrigin().map(({ originId, files, wholeFiles, logicalBytes, storedBytes }) => {
      const more = unflushed.get(originId) ?? { bytes: 0, wholeFiles: 0 };
      const maxBytes = store.originLimits.limitOf(originId);
      return {
        originId,
        files,
        wholeFiles: wholeFiles + more.wholeFiles,
        logicalBytes: logicalBytes + more.bytes,
        // What is not flushed yet is not cut, either.
        storedBytes: store.originLimits.usedOf(originId) ?? storedBytes + more.bytes,
        ...(maxBytes === undefined ? {} : { maxBytes }),
        ...store.counters.ofOrigin(originId),
      };
    });
  }

  // What the index does not know yet, by origin.
  #unflushed(): Map<string, { readonly bytes: number; readonly wholeFiles: number }> {
    const { store } = this.#parts;
    const unflushed = new Map<string, { bytes: number; wholeFiles: number }>();
    for (const { id, sizeBytes, logicalBytes, flushedBytes } of store.openBlobs) {
      const bytes = logicalBytes - flushedBytes;
      if (bytes === 0) continue;
      const wholeFiles = Number(logicalBytes >= sizeBytes) - Number(flushedBytes >= sizeBytes);
      for (const { originId } of store.index.versionsOf(id)) {
        const sum = unflushed.get(originId) ?? { bytes: 0, wholeFiles: 0 };
        unflushed.set(originId, { bytes: sum.bytes + bytes, wholeFiles: sum.wholeFiles + wholeFiles });
      }
    }
    return unflushed;
  }

  #storedFile({ id, originId, file, blobId, ...version }: IndexedVersion): StoredFile {
    const { storedBytes, usedMs, isFirst } = version;
    // What was not flushed yet is there, too.
    const logicalBytes = this.#parts.store.openBlob(blobId)?.logicalBytes ?? version.logicalBytes;
    return {
      ...file,
      id,
      originId,
      logicalBytes,
      storedBytes: isFirst ? storedBytes : 0,
      isWhole: logicalBytes >= file.sizeBytes,
      isPinned: this.#parts.catalogue.pins.has({ originId, path: file.path }),
      usedMs,
    };
  }

  #setPins(places: readonly FilePlace[], isPinned: boolean): number {
    const { catalogue, store } = this.#parts;
    const changed = catalogue.transaction(() =>
      places.filter((place) => (isPinned ? catalogue.pins.add(place) : catalogue.pins.remove(place))),
    );
    for (const { originId, path } of changed) {
      for (const id of store.index.blobsOf(originId, path)) store.evictor.setPinned(id, this.#hasPin(id));
    }
    return changed.length;
  }

  #hasPin(blobId: number): boolean {
    const { catalogue, store } = this.#parts;
    return store.index
      .versionsOf(blobId)
      .some(({ originId, file }) => catalogue.pins.has({ originId, path: file.path }));
  }

  #isShown({ originId, file }: IndexedVersion): boolean {
    const { catalogue, originNumbers } = this.#parts;
    const number = originNumbers.get(originId);
    const row = number === undefined ? undefined : catalogue.files.byPath(number, file.path);
    return (
      row !== undefined &&
      row.sizeBytes === file.sizeBytes &&
      row.mtimeMs === file.mtimeMs &&
      (row.version ?? undefined) === file.version
    );
  }

  // A blob goes when none of the files that share it is to stay.
  async #removeWhere(
    isMeant: (version: IndexedVersion) => boolean,
    dryRun: boolean,
    signal: AbortSignal,
  ): Promise<Removal> {
    const { store } = this.#parts;
    const removal = { files: 0, bytes: 0 };
    for (let afterId = 0; ; ) {
      signal.throwIfAborted();
      const page = store.index.versionsAfter(afterId, PAGE);
      for (const version of page.filter(isMeant)) {
        const isShared = store.index.versionsOf(version.blobId).length > 1;
        const bytes = dryRun
          ? version.storedBytes
          : isShared
            ? store.forget(version)
            : await store.remove(version.blobId);
        if (bytes === undefined) continue;
        removal.files += 1;
        removal.bytes += bytes;
      }
      const last = page.at(-1);
      if (!last) return removal;
      afterId = last.id;
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}
