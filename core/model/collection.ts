/** What a collection may choose from. Tracks are told by the numbers of their files, the best first. */
export interface CollectionSource {
  /**
   * Tracks that a query finds.
   *
   * @throws MusicfsError `MFS_QUERY_INVALID` or `MFS_SEARCH_FAILED`.
   */
  search(query: string, limit: number): Promise<readonly number[]>;
  /** Tracks that were first seen since `sinceMs` (milliseconds since 1970), the newest first. */
  recentlyAdded(sinceMs: number, limit: number): readonly number[];
  /** Tracks that were played, the most played first. */
  mostPlayed(limit: number): readonly number[];
  /** Tracks that were played since `sinceMs` (milliseconds since 1970), the last one first. */
  recentlyPlayed(sinceMs: number, limit: number): readonly number[];
  /** The track of a file, by the origin's id and the path in it; `undefined` when the library has none. */
  trackAt(originId: string, path: string): number | undefined;
}

/** Chooses the tracks of a folder below `/Collections`. */
export interface Collection {
  /** What it is, in kebab-case: `query`, `recently-added`. */
  readonly kind: string;
  /** The query, where it is one. */
  readonly query?: string;
  /** Most tracks that it shows; of more, the first are taken. From 1 to 1000. */
  readonly limit: number;
  /**
   * Chooses, in the order of the folder. Asked again some seconds after the library, its index or the plays have
   * changed, and every hour. A throw leaves the folder as it is, and is logged.
   */
  select(source: CollectionSource, signal: AbortSignal): Promise<readonly number[]> | readonly number[];
}

/** A collection with the name of its folder. */
export interface NamedCollection {
  readonly name: string;
  readonly collection: Collection;
}
