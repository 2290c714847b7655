import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileRow } from "../catalogue/files.js";
import { FILE_STATE } from "../catalogue/schema.js";
import type { Logger } from "../logger.js";
import type { OriginFile, UnreadableFolder } from "../model/origin.js";
import { BitSet } from "./bit-set.js";
import type { LibraryOrigin } from "./library-origin.js";
import type { ScanProgress } from "./progress.js";
import { isAudioName } from "./tags/format.js";
import type { TreeEditor } from "./tree-editor.js";

/** Rows looked at or removed in one go, so that the main thread is free again after a few milliseconds. */
const SLICE = 256;

/** What a listing found. */
export interface ListingResult {
  readonly files: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly unreadableFolders: number;
}

export interface ListingContext {
  readonly catalogue: Catalogue;
  readonly editor: TreeEditor;
  readonly progress: ScanProgress;
  readonly log: Logger;
  /** Called after each commit. */
  readonly committed: () => void;
}

/**
 * Compares an origin's listing with the catalogue: what is new or has another size, modification time or
 * version is noted to be read; what a complete listing no longer shows is removed.
 *
 * Nothing is removed when the listing fails, below a folder that could not be read, or when the origin
 * shows no file at all although it had some: that is what a disk that is not mounted looks like.
 *
 * @throws what the origin threw, or `signal.reason`; all that was seen until then stays noted.
 */
export async function compareListing(
  context: ListingContext,
  source: LibraryOrigin,
  signal: AbortSignal,
): Promise<ListingResult> {
  const lastKnownId = context.catalogue.files.maxId();
  const seen = new BitSet();
  const unreadable: UnreadableFolder[] = [];
  const counts = { files: 0, added: 0, changed: 0 };

  for await (const batch of source.origin.list(signal)) {
    signal.throwIfAborted();
    const audio = batch.files.filter((file) => isAudioName(file.path));
    for (const slice of slices(audio, SLICE)) {
      noteFiles(context, source.number, slice, seen, counts);
      await nextTurn();
    }
    noteUnreadable(context, source, batch.unreadable, unreadable);
  }

  const removed = await removeUnseen(
    context,
    source,
    { lastKnownId, seen, unreadable, files: counts.files },
    signal,
  );
  return { ...counts, removed, unreadableFolders: unreadable.length };
}

function noteFiles(
  context: ListingContext,
  originNumber: number,
  files: readonly OriginFile[],
  seen: BitSet,
  counts: { files: number; added: number; changed: number },
): void {
  let unchanged = 0;
  let toRead = 0;
  context.catalogue.transaction(() => {
    for (const file of files) {
      const row = context.catalogue.files.byPath(originNumber, file.path);
      if (row) seen.add(row.id);
      if (!row) {
        seen.add(context.catalogue.files.insert(originNumber, file).id);
        counts.added++;
      } else if (hasChanged(row, file)) {
        applyChange(context.catalogue, context.editor, row, file);
        counts.changed++;
      } else if (row.state === FILE_STATE.read) {
        unchanged++;
        continue;
      }
      toRead++;
    }
  });
  counts.files += files.length;
  context.progress.unchanged(unchanged);
  context.progress.found(toRead);
  context.committed();
}

/** Whether a listing shows another content than the catalogue knows. */
export function hasChanged(row: FileRow, file: OriginFile): boolean {
  return (
    row.sizeBytes !== file.sizeBytes || row.mtimeMs !== file.mtimeMs || row.version !== (file.version ?? null)
  );
}

/** Notes another content of a known file; belongs in a transaction. */
export function applyChange(catalogue: Catalogue, editor: TreeEditor, row: FileRow, file: OriginFile): void {
  catalogue.files.update(row, file);
  editor.touchTrack(row, file.sizeBytes);
}

interface Listed {
  readonly lastKnownId: number;
  readonly seen: BitSet;
  readonly unreadable: readonly UnreadableFolder[];
  readonly files: number;
}

async function removeUnseen(
  context: ListingContext,
  source: LibraryOrigin,
  listed: Listed,
  signal: AbortSignal,
): Promise<number> {
  const { catalogue, log } = context;
  const known = catalogue.files.count(source.number);
  if (listed.files === 0 && known > 0) {
    log.warn(
      `origin '${source.origin.id}' lists no music although it had ${known} files; they stay, as its disk may not be mounted`,
    );
    return 0;
  }
  return removeWhere(context, source.number, (row) => isGone(row, listed), signal);
}

/** Removes every file of an origin. */
export async function removeAllOf(
  context: RemovalContext,
  originNumber: number,
  signal: AbortSignal,
): Promise<void> {
  await removeWhere(context, originNumber, () => true, signal);
}

async function removeWhere(
  context: RemovalContext,
  originNumber: number,
  isGone: (row: FileRow) => boolean,
  signal: AbortSignal,
): Promise<number> {
  let removed = 0;
  for (let id = 0; ; ) {
    const rows = context.catalogue.files.after(originNumber, id, SLICE);
    const last = rows.at(-1);
    if (!last) return removed;
    id = last.id;
    removed += removeFiles(context, rows.filter(isGone));
    await nextTurn();
    signal.throwIfAborted();
  }
}

type RemovalContext = Pick<ListingContext, "catalogue" | "editor" | "committed">;

function isGone(row: FileRow, { lastKnownId, seen, unreadable }: Listed): boolean {
  if (row.id > lastKnownId || seen.has(row.id)) return false;
  return !unreadable.some(({ path }) => path === "" || row.path.startsWith(`${path}/`));
}

/** Removes files and their names; one transaction. */
export function removeFiles(context: RemovalContext, rows: readonly FileRow[]): number {
  if (rows.length === 0) return 0;
  context.catalogue.transaction(() => {
    for (const row of rows) {
      context.editor.removeTrack(row);
      context.catalogue.files.remove(row);
    }
  });
  context.committed();
  return rows.length;
}

// Counted, and named in the log; the first few at once, since a whole disk can be unreadable.
function noteUnreadable(
  context: ListingContext,
  source: LibraryOrigin,
  batch: readonly UnreadableFolder[],
  all: UnreadableFolder[],
): void {
  for (const folder of batch) {
    all.push(folder);
    if (all.length <= 20) {
      context.log.warn(`cannot list '${folder.path}' of origin '${source.origin.id}': ${folder.reason}`);
    }
  }
  context.progress.unreadableFolders(batch.length);
}

function* slices<T>(items: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += size) yield items.slice(at, at + size);
}

/** Lets the event loop turn once, for whatever else waits. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
