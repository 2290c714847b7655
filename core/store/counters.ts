/** What the store did since the daemon's start. */
export interface StoreCounters {
  hits: number;
  misses: number;
  hitBytes: number;
  originRequests: number;
  originBytes: number;
  bypassedBytes: number;
  evictions: number;
  evictedBytes: number;
  corruptChunks: number;
  deltaFiles: number;
  deltaTakenBytes: number;
  deltaFetchedBytes: number;
}

/** What one origin was asked for. */
export interface OriginCounters {
  originRequests: number;
  originBytes: number;
}

export class Counters implements StoreCounters {
  hits = 0;
  misses = 0;
  hitBytes = 0;
  originRequests = 0;
  originBytes = 0;
  bypassedBytes = 0;
  evictions = 0;
  evictedBytes = 0;
  corruptChunks = 0;
  deltaFiles = 0;
  deltaTakenBytes = 0;
  deltaFetchedBytes = 0;
  readonly #origins = new Map<string, OriginCounters>();

  countRequest(originId: string, bytes: number): void {
    const origin = this.ofOrigin(originId);
    this.originRequests += 1;
    this.originBytes += bytes;
    origin.originRequests += 1;
    origin.originBytes += bytes;
  }

  ofOrigin(originId: string): OriginCounters {
    const known = this.#origins.get(originId);
    if (known) return known;
    const fresh = { originRequests: 0, originBytes: 0 };
    this.#origins.set(originId, fresh);
    return fresh;
  }
}
