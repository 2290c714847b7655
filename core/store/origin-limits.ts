import type { StoreIndex } from "./store-index.js";

export interface OriginLimitsOptions {
  /** Most that may be kept of an origin, in bytes, by its id; those that are not named have no limit of their own. */
  readonly limits: ReadonlyMap<string, number>;
  index(): StoreIndex;
  /** Bytes that a blob takes now; what the index says may be older. */
  storedOf(blobId: number): number | undefined;
  /** Evicts one of these blobs. @returns whether there was one that could go. */
  evictOne(isMeant: (blobId: number) => boolean): Promise<boolean>;
}

/** What is kept of one origin. */
interface Share {
  readonly originId: string;
  usedBytes: number;
  reservedBytes: number;
  /** One request at a time evicts. */
  evicting: Promise<unknown>;
}

/** Rows of the index that are looked at before others get their turn. */
const PAGE = 256;

/**
 * The limits that origins have of their own within the store's, each held at every moment as that is (`Room`). A blob counts
 * for the origin that it was made for, whoever shares it.
 */
export class OriginLimits {
  readonly #options: OriginLimitsOptions;
  readonly #shares = new Map<string, Share>();
  /** Of each blob of an origin with a limit. */
  readonly #owners = new Map<number, Share>();
  #loaded: Promise<void> | undefined;

  constructor(options: OriginLimitsOptions) {
    this.#options = options;
  }

  /** Most that may be kept of an origin, in bytes; `undefined` where it has no limit of its own. */
  limitOf(originId: string): number | undefined {
    return this.#options.limits.get(originId);
  }

  /** Bytes that are kept of an origin with a limit; `undefined` for others, and before anything of it was kept. */
  usedOf(originId: string): number | undefined {
    return this.#shares.get(originId)?.usedBytes;
  }

  /** Whether a file is not larger than all that may be kept of its origin. */
  admits(originId: string, sizeBytes: number): boolean {
    return sizeBytes <= (this.limitOf(originId) ?? Number.POSITIVE_INFINITY);
  }

  /** A blob was made for a file of an origin. */
  entered(blobId: number, originId: string): void {
    if (this.#options.limits.has(originId)) this.#owners.set(blobId, this.#shareOf(originId));
  }

  /** A blob grew or shrank by so many bytes. */
  changed(blobId: number, bytes: number): void {
    const share = this.#owners.get(blobId);
    if (share) share.usedBytes += bytes;
  }

  /** A blob of so many bytes is gone. */
  left(blobId: number, bytes: number): void {
    this.changed(blobId, -bytes);
    this.#owners.delete(blobId);
  }

  /** The store is empty, or another one. */
  forgetAll(): void {
    this.#owners.clear();
    for (const share of this.#shares.values()) share.usedBytes = 0;
    this.#loaded = undefined;
  }

  /**
   * Makes room for bytes of a blob, evicting others of its origin if need be.
   *
   * @returns what gives the room back once they are written, or not; `undefined` when there is none.
   */
  async reserve(blobId: number, bytes: number): Promise<(() => void) | undefined> {
    if (this.#options.limits.size === 0) return () => undefined;
    await this.#load();
    const share = this.#owners.get(blobId);
    if (!share) return () => undefined;
    if (this.#fits(share, bytes)) share.reservedBytes += bytes;
    else if (!(await this.#inTurn(share, () => this.#makeRoom(share, bytes)))) return undefined;
    return () => {
      share.reservedBytes -= bytes;
    };
  }

  /** Evicts what is too much, as after a start with a lower limit. */
  async enforce(): Promise<void> {
    if (this.#options.limits.size === 0) return;
    await this.#load();
    for (const share of this.#shares.values()) {
      if (!this.#fits(share, 0)) await this.#inTurn(share, () => this.#makeRoom(share, 0));
    }
  }

  async #makeRoom(share: Share, bytes: number): Promise<boolean> {
    while (!this.#fits(share, bytes)) {
      if (!(await this.#options.evictOne((id) => this.#owners.get(id) === share))) return false;
    }
    share.reservedBytes += bytes;
    return true;
  }

  #inTurn(share: Share, work: () => Promise<boolean>): Promise<boolean> {
    const turn = share.evicting.then(work);
    share.evicting = turn.catch(() => undefined);
    return turn;
  }

  #fits({ originId, usedBytes, reservedBytes }: Share, bytes: number): boolean {
    return usedBytes + reservedBytes + bytes <= (this.limitOf(originId) ?? Number.POSITIVE_INFINITY);
  }

  #shareOf(originId: string): Share {
    const known = this.#shares.get(originId);
    if (known) return known;
    const share = { originId, usedBytes: 0, reservedBytes: 0, evicting: Promise.resolve() };
    this.#shares.set(originId, share);
    return share;
  }

  // In slices, so that a cache of many files holds nobody up. What came in meanwhile is known already.
  #load(): Promise<void> {
    this.#loaded ??= (async () => {
      const { index, limits, storedOf } = this.#options;
      for (let afterId = 0; ; ) {
        const page = index().versionsAfter(afterId, PAGE);
        for (const { blobId, originId, storedBytes, isFirst } of page) {
          if (!isFirst || this.#owners.has(blobId) || !limits.has(originId)) continue;
          const share = this.#shareOf(originId);
          this.#owners.set(blobId, share);
          share.usedBytes += storedOf(blobId) ?? storedBytes;
        }
        const last = page.at(-1);
        if (!last) return;
        afterId = last.id;
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    return this.#loaded;
  }
}
