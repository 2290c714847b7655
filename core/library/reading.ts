import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileRow } from "../catalogue/files.js";
import { NO_FACTS } from "./album-knowledge.js";
import type { AlbumShelf } from "./album-shelf.js";
import type { Federation } from "./federation.js";
import { directAccessOf, type LibraryOrigin } from "./library-origin.js";
import type { ScanProgress } from "./progress.js";
import type { TagJob, TagPool, TagResult } from "./tags/tag-pool.js";
import type { TrackShelf } from "./track-shelf.js";
import type { TreeEditor } from "./tree-editor.js";

/** Files in one batch: a few milliseconds of the main thread to commit. */
const BATCH = 64;
/** Batches that are read while others are committed; enough to keep every worker busy. */
const BATCHES_IN_FLIGHT = 4;

export interface ReadingContext {
  readonly catalogue: Catalogue;
  readonly shelf: TrackShelf;
  readonly albums: AlbumShelf;
  readonly editor: TreeEditor;
  readonly federation: Pick<Federation, "note">;
  readonly progress: ScanProgress;
  readonly tagPool: TagPool;
  readonly origins: ReadonlyMap<number, LibraryOrigin>;
  readonly committed: () => void;
}

/**
 * Reads the tags of every file that is noted to be read, and shows it in the tree, folder by folder. What was read is
 * committed batch by batch, in the order of the listing: a scan that is killed goes on where it was.
 *
 * `hasMore` tells, when nothing is left, whether to wait for more: it resolves to `false` when there is none.
 *
 * @throws `signal.reason`
 */
export async function readTagsOfNoted(
  context: ReadingContext,
  hasMore: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const inFlight: Promise<Read>[] = [];
  let id = 0;
  for (;;) {
    signal.throwIfAborted();
    const rows = inFlight.length < BATCHES_IN_FLIGHT ? readable(context, id) : [];
    const last = rows.at(-1);
    if (last) {
      id = last.id;
      const reading = readBatch(context, rows, signal);
      // It is awaited below; should another one fail before that, this one's failure is not news.
      reading.catch(() => undefined);
      inFlight.push(reading);
      continue;
    }
    const next = inFlight.shift();
    if (next) {
      const read = await next;
      commit(context, read);
      await context.albums.settle(signal, new Set(read.rows.map(({ album }) => album)));
    }
    // A known file that changed may have been noted behind the place where this is.
    else if (id > 0) id = 0;
    else if (!(await hasMore())) return context.albums.settle(signal);
    await nextTurn();
  }
}

interface Read {
  readonly rows: readonly FileRow[];
  readonly results: readonly TagResult[];
}

// Files of an origin that is not configured now are left for when it is again.
function readable({ catalogue, origins }: ReadingContext, afterId: number): FileRow[] {
  for (let id = afterId; ; ) {
    const rows = catalogue.files.toRead(id, BATCH);
    const known = rows.filter((row) => origins.has(row.originNumber));
    if (known.length > 0 || rows.length === 0) return known;
    id = rows.at(-1)?.id ?? id;
  }
}

async function readBatch(
  context: ReadingContext,
  rows: readonly FileRow[],
  signal: AbortSignal,
): Promise<Read> {
  const results = await context.tagPool.read(
    rows.map((row) => jobOf(context, row)),
    signal,
  );
  return { rows, results };
}

function jobOf({ origins }: ReadingContext, row: FileRow): TagJob {
  const source = origins.get(row.originNumber);
  const local = source && directAccessOf(source.origin);
  return {
    id: row.id,
    path: row.path,
    sizeBytes: row.sizeBytes,
    ...(local ? { local } : {}),
  };
}

function commit(
  { catalogue, shelf, albums, editor, federation, progress, committed }: ReadingContext,
  { rows, results }: Read,
): void {
  catalogue.transaction(() => {
    rows.forEach((row, index) => {
      const result = results[index];
      // The listing may have seen another version meanwhile; then this reading is of the past.
      const current = catalogue.files.byId(row.id);
      if (!result || !current || current.mtimeMs !== row.mtimeMs || current.sizeBytes !== row.sizeBytes)
        return;
      catalogue.files.saveReading(current, result);
      if (result.head) catalogue.files.setHead(row.id, result.head);
      const noted = federation.note(current, result);
      if (albums.isHeap(noted.album)) shelf.put(noted, NO_FACTS);
    });
    editor.finish();
  });
  progress.read(rows.length);
  committed();
}
