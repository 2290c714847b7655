import type { Catalogue } from "../catalogue/catalogue.js";
import type { CollectionSource } from "../model/collection.js";
import type { Plays } from "../plays/plays.js";
import type { Search } from "../search/search.js";

/** Longest that a collection waits for a search, in milliseconds. */
const SEARCH_TIMEOUT_MS = 10_000;

/** What was asked for will be there in a while, and somebody tells then. */
export class NotYetError extends Error {
  override readonly name = "NotYetError";
}

/** What collections choose from, out of the parts of a daemon. */
export function createCollectionSource(
  catalogue: Catalogue,
  plays: Plays,
  search: Pick<Search, "find">,
): CollectionSource {
  return {
    async search(query, limit) {
      const { hits, progress } = await search.find(query, {
        limit,
        signal: AbortSignal.timeout(SEARCH_TIMEOUT_MS),
      });
      // A folder that is whole stays so while the index is made anew.
      if (progress.state !== "ready") throw new NotYetError("the index is still being built");
      return hits.map(({ fileId }) => fileId);
    },
    recentlyAdded: (sinceMs, limit) => catalogue.files.addedSince(sinceMs, limit),
    mostPlayed: (limit) => plays.mostPlayed(limit),
    recentlyPlayed: (sinceMs, limit) => plays.recentlyPlayed(sinceMs, limit),
    trackAt(originId, path) {
      const known = catalogue.origins().find(({ id }) => id === originId);
      return known && catalogue.files.byPath(known.number, path)?.id;
    },
  };
}
