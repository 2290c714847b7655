import type { CacheEviction } from "../hooks.js";
import type { CacheItem, CachePolicy } from "../model/cache-policy.js";
import type { Blob } from "./blob.js";
import type { Counters } from "./counters.js";
import { type FileVersion, numberOf, type StoreIndex } from "./store-index.js";

export interface EvictorOptions {
  readonly policy: CachePolicy;
  readonly counters: Counters;
  index(): StoreIndex;
  openBlob(id: number): Blob | undefined;
  /** Whether a blob is being opened or made at this moment. */
  isOpening(id: number): boolean;
  /** Has the policy told of what the workers have read. */
  collectReads(): void;
  /** Removes a blob. @returns the bytes that came free; `undefined` when it is in use. */
  remove(id: number): Promise<number | undefined>;
  /** Whether a file is pinned: kept whatever the policy says. */
  isPinned(version: FileVersion): boolean;
  onEvicted(eviction: CacheEviction): void;
}

/** What goes when room is needed: asks the policy, and spares what is pinned or in use. */
export class Evictor {
  readonly #options: EvictorOptions;
  readonly #pinned = new Set<number>();
  /** The greatest id of a blob when the index was opened. */
  #lastOldId = 0;
  #policyLoaded: Promise<void> | undefined;

  constructor(options: EvictorOptions) {
    this.#options = options;
  }

  /** The index was opened; what comes in from now on the policy is told of at once. */
  indexOpened(lastId: number): void {
    this.#lastOldId = lastId;
  }

  /** Whether a file that is asked for shall be kept at all. */
  admits(id: number, version: FileVersion): boolean {
    return this.#options.isPinned(version) || this.#options.policy.admits(itemOf(id, version));
  }

  /** A blob came in. */
  entered(id: number, version: FileVersion): void {
    if (this.#options.isPinned(version)) this.#pinned.add(id);
    else this.#options.policy.added(itemOf(id, version), Date.now());
  }

  /** A blob was read. */
  used(id: number, nowMs: number): void {
    if (!this.#pinned.has(id)) this.#options.policy.touched(id, nowMs);
  }

  /** A blob left, whoever wanted it. */
  left(id: number): void {
    this.#pinned.delete(id);
    this.#options.policy.removed(id);
  }

  isPinned(id: number): boolean {
    return this.#pinned.has(id);
  }

  /** A file's pin was set or taken away. */
  setPinned(id: number, isPinned: boolean): void {
    const { policy, index } = this.#options;
    if (isPinned === this.#pinned.has(id)) return;
    if (isPinned) {
      this.#pinned.add(id);
      policy.removed(id);
      return;
    }
    this.#pinned.delete(id);
    const [version] = index().versionsOf(id);
    if (version) policy.added(itemOf(id, version), Date.now());
  }

  /**
   * Evicts one blob; one that is in use only where there is no other.
   *
   * @param isMeant whether a blob may be the one. @default any
   * @returns whether there was one.
   */
  async evictOne(isMeant: (id: number) => boolean = () => true): Promise<boolean> {
    const { policy, openBlob, isOpening, collectReads } = this.#options;
    await this.#loadPolicy();
    collectReads();
    for (const mayBeUsed of [false, true]) {
      for (const id of policy.victims(Date.now())) {
        if (!isMeant(id)) continue;
        const users = openBlob(id)?.users ?? 0;
        if (users > 0 && !mayBeUsed) continue;
        if (isOpening(id)) continue;
        if (await this.#evict(id)) return true;
      }
    }
    return false;
  }

  /** Evicts what the policy says has been there for too long. */
  async expire(): Promise<void> {
    const { policy, openBlob, isOpening } = this.#options;
    if (!policy.expired) return;
    await this.#loadPolicy();
    for (const id of policy.expired(Date.now())) {
      if (isOpening(id) || (openBlob(id)?.users ?? 0) > 0) continue;
      await this.#evict(id);
    }
  }

  /** Everything is gone. An index that cannot be read leaves the policy what it knows: of that it evicts nothing. */
  forgetAll(): void {
    const { policy, index } = this.#options;
    this.#pinned.clear();
    try {
      for (const { id } of index().byUse()) policy.removed(id);
    } catch {
      this.#policyLoaded = undefined;
    }
  }

  async #evict(id: number): Promise<boolean> {
    const { counters, index, onEvicted, remove } = this.#options;
    const versions = index().versionsOf(id);
    const bytes = await remove(id);
    if (bytes === undefined) return false;
    counters.evictions += 1;
    counters.evictedBytes += bytes;
    for (const { originId, file } of versions) onEvicted({ originId, path: file.path, bytes });
    return true;
  }

  // In slices, so that a cache of many files holds nobody up.
  #loadPolicy(): Promise<void> {
    this.#policyLoaded ??= (async () => {
      let count = 0;
      const { policy, index, isPinned, openBlob } = this.#options;
      for (const { id, enteredMs, usedMs } of index().byUse()) {
        // What came in since the start the policy was told of then.
        if (id > this.#lastOldId) continue;
        const [version] = index().versionsOf(id);
        if (version && isPinned(version)) this.#pinned.add(id);
        else if (version) {
          policy.added(itemOf(id, version), enteredMs);
          policy.touched(id, openBlob(id)?.usedMs ?? usedMs);
        }
        count += 1;
        if (count % 256 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    return this.#policyLoaded;
  }
}

function itemOf(id: number, version: FileVersion): CacheItem {
  return { key: id, sizeBytes: version.file.sizeBytes, version: numberOf(version) };
}
