import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { QueryEntry } from "../catalogue/query-folders.js";
import { ROOT_VIEW } from "../catalogue/schema.js";
import { rankedName } from "../library/ranked-name.js";
import type { Track } from "../model/track.js";
import { LINK_MAX_BYTES } from "../vfs/limits.js";

/** A track that a query found. */
export interface FolderHit {
  readonly ino: number;
  readonly track: Pick<Track, "artist" | "title" | "extension">;
}

/** From a query's folder up to the root: a link that begins so holds at every mountpoint, and in containers. */
const TO_ROOT = "../..";
/** Hits that are looked up in one go: a millisecond or two of the main thread. */
const SLICE = 50;

/**
 * What a query's folder holds: `001 Artist - Title.ext` by rank, each a link to the track's path in the view at the
 * root. What has no path there (yet), or one that no link can hold, is left out.
 *
 * @throws `signal.reason`
 */
export async function entriesOf(
  catalogue: Catalogue,
  hits: readonly FolderHit[],
  signal: AbortSignal,
): Promise<Map<string, QueryEntry>> {
  const entries = new Map<string, QueryEntry>();
  for (const [place, { ino, track }] of hits.entries()) {
    if (place > 0 && place % SLICE === 0) {
      await nextTurn();
      signal.throwIfAborted();
    }
    const path = catalogue.tree.pathIn(ROOT_VIEW, ino);
    if (path === undefined || Buffer.byteLength(path) > LINK_MAX_BYTES - TO_ROOT.length) continue;
    entries.set(rankedName(entries.size + 1, hits.length, track), { target: `${TO_ROOT}${path}` });
  }
  return entries;
}
