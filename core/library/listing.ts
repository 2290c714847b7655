import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileRow } from "../catalogue/files.js";
import { FILE_KIND, FILE_STATE } from "../catalogue/schema.js";
import type { Logger } from "../logger.js";
import type { OriginFile, UnreadableFolder } from "../model/origin.js";
import { BitSet } from "./bit-set.js";
import type { Federation } from "./federation.js";
import { kindOf } from "./file-kind.js";
import type { LibraryOrigin } from "./library-origin.js";
import { findMoved } from "./moves.js";
import type { ScanProgress } from "./progress.js";
import { NOT_TEXT_DETAIL, RefusedFiles } from "./refused-files.js";
import type { RemovalGuard } from "./removal-guard.js";
import { removeMissing } from "./removing.js";
import { slices } from "./slices.js";
import type { TreeEditor } from "./tree-editor.js";

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
  readonly guard: Pick<RemovalGuard, "allows">;
  readonly federation: Pick<Federation, "removing">;
  readonly log: Logger;
  /** Told of a file that has another path; inside the transaction that notes it. */
  readonly moved: (row: FileRow) => void;
  /** Called after each commit. */
  readonly committed: () => void;
}

/** What a listing has shown. */
export interface Listed {
  /** Files that were known before it began have an id up to this. */
  readonly lastKnownId: number;
  /** Ids of the known files that it showed. */
  readonly seen: BitSet;
  readonly unreadable: readonly UnreadableFolder[];
  readonly files: number;
  /** The paths that were listed with all below them; absent: everything. */
  readonly paths?: readonly string[];
}

/**
 * Compares an origin's listing with the catalogue: what is new or has another size, modification time or
 * version is noted to be read; what has another path is moved; what a complete listing no longer shows is removed.
 *
 * Nothing is removed when the listing fails, below a folder that could not be read, or when more is missing than
 * the guard allows.
 *
 * @param paths lists only these, with all below them.
 * @throws what the origin threw, or `signal.reason`; all that was seen until then stays noted.
 */
export async function compareListing(
  context: ListingContext,
  source: LibraryOrigin,
  paths: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<ListingResult> {
  const lastKnownId = context.catalogue.files.maxId();
  const seen = new BitSet();
  const unreadable: UnreadableFolder[] = [];
  const only = paths && outermost(paths);
  const counts = { files: 0, added: 0, changed: 0 };
  const refused: string[] = [];

  for await (const batch of source.origin.list(signal, only)) {
    signal.throwIfAborted();
    const ofAKind = batch.files.filter(({ path }) => kindOf(path) !== undefined);
    const shown = ofAKind.filter(({ path }) => RefusedFiles.canShow(path));
    if (shown.length < ofAKind.length)
      refused.push(...ofAKind.map(({ path }) => path).filter((path) => !RefusedFiles.canShow(path)));
    for (const slice of slices(shown)) {
      await noteFiles(context, source, slice, { lastKnownId, seen }, counts, signal);
      await nextTurn();
    }
    noteUnreadable(context, source, batch.unreadable, unreadable);
  }

  noteRefused(context, source, refused, only);
  const listed = { lastKnownId, seen, unreadable, files: counts.files, ...(only && { paths: only }) };
  const removed = await removeMissing(context, source, listed, signal);
  return { ...counts, removed, unreadableFolders: unreadable.length };
}

// Without the paths that lie below another one; `undefined` when one stands for everything.
function outermost(paths: readonly string[]): readonly string[] | undefined {
  const all = new Set(paths);
  if (all.has("")) return undefined;
  return [...all].filter((path) => {
    for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
      if (all.has(path.slice(0, end))) return false;
    }
    return true;
  });
}

async function noteFiles(
  context: ListingContext,
  source: LibraryOrigin,
  files: readonly OriginFile[],
  { lastKnownId, seen }: Pick<Listed, "lastKnownId" | "seen">,
  counts: { files: number; added: number; changed: number },
  signal: AbortSignal,
): Promise<void> {
  const { catalogue } = context;
  const rowsOf = () => files.map(({ path }) => catalogue.files.byPath(source.number, path));
  let rows = rowsOf();
  let moved: ReadonlyMap<string, FileRow> | undefined;
  const unknown = files.filter((_, index) => !rows[index]);
  // Where nothing was known before, nothing was moved.
  if (unknown.length > 0 && lastKnownId > 0) {
    moved = await findMoved(catalogue, source, unknown, seen, signal);
    rows = rowsOf();
  }
  let unchanged = 0;
  let toRead = 0;
  catalogue.transaction(() => {
    for (const [index, file] of files.entries()) {
      const what = noteFile(context, source.number, file, rows[index], seen, moved?.get(file.path));
      if (kindOf(file.path) !== FILE_KIND.track) continue;
      counts.files++;
      if (what === "added" || what === "changed") counts[what]++;
      if (what === "unchanged") unchanged++;
      else toRead++;
    }
  });
  context.progress.unchanged(unchanged);
  context.progress.found(toRead);
  context.committed();
}

function noteFile(
  context: ListingContext,
  originNumber: number,
  file: OriginFile,
  row: FileRow | undefined,
  seen: BitSet,
  movedRow: FileRow | undefined,
): "added" | "changed" | "noted" | "unchanged" {
  const { catalogue, editor } = context;
  if (!row && movedRow) {
    const now = catalogue.files.move(movedRow, file);
    if (now.state !== FILE_STATE.read) return "noted";
    context.moved(now);
    return "unchanged";
  }
  seen.add(row?.id ?? catalogue.files.insert(originNumber, file, kindOf(file.path)).id);
  if (!row) return "added";
  if (hasChanged(row, file)) {
    applyChange(catalogue, editor, row, file);
    return "changed";
  }
  if (file.identity !== undefined && file.identity !== row.identity) {
    catalogue.files.setIdentity(row.id, file.identity);
  }
  return row.state === FILE_STATE.read ? "unchanged" : "noted";
}

/** Whether a listing shows another content than the catalogue knows. */
export function hasChanged(row: FileRow, file: OriginFile): boolean {
  return (
    row.sizeBytes !== file.sizeBytes || row.mtimeMs !== file.mtimeMs || row.version !== (file.version ?? null)
  );
}

/** Notes another content of a known file; belongs in a transaction. */
export function applyChange(catalogue: Catalogue, editor: TreeEditor, row: FileRow, file: OriginFile): void {
  const isShown = catalogue.sources.isShown(row);
  catalogue.files.update(row, file);
  if (isShown) editor.touchTrack(row, file.sizeBytes);
}

function noteRefused(
  { log }: ListingContext,
  source: LibraryOrigin,
  refused: readonly string[],
  below: readonly string[] | undefined,
): void {
  source.refused ??= new RefusedFiles();
  source.refused.replace(refused, below);
  if (refused.length === 0) return;
  log.warn(`${refused.length} files of origin '${source.origin.id}' are left out: ${NOT_TEXT_DETAIL}`);
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
