/** What is indexed of one track. */
export interface SearchDocument {
  /** Positive, below 2^32, and the same for as long as the track exists. */
  readonly id: number;
  readonly title: string;
  readonly artist: string;
  readonly albumArtist: string;
  readonly album: string;
  readonly genre: string;
  readonly composer: string;
  readonly label: string;
  readonly comment: string;
  /** Path in the origin. */
  readonly path: string;
  readonly year?: number;
}

export interface SearchHit {
  readonly id: number;
  /** Higher is better; comparable within one answer only. */
  readonly score: number;
}

/** Finds tracks by words. Its index can always be rebuilt from the catalogue. */
export interface SearchEngine {
  /** Adds or replaces documents, and removes ids; durable once it resolves. */
  update(
    changed: readonly SearchDocument[],
    removedIds: readonly number[],
    signal: AbortSignal,
  ): Promise<void>;
  /** Best hits first, `limit` (at least 1) at most. */
  search(query: string, limit: number, signal: AbortSignal): Promise<readonly SearchHit[]>;
  close(): Promise<void>;
}
