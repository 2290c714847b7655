import { setImmediate as nextTurn } from "node:timers/promises";
import type { FileRow } from "../catalogue/files.js";
import { FILE_KIND } from "../catalogue/schema.js";
import type { LibraryOrigin } from "./library-origin.js";
import type { Listed, ListingContext } from "./listing.js";
import { SLICE, slices } from "./slices.js";

type RemovalContext = Pick<ListingContext, "catalogue" | "editor" | "federation" | "committed">;

/**
 * Removes the files that a complete listing no longer shows, unless so many are missing that the guard holds them.
 *
 * @returns how many were removed.
 */
export async function removeMissing(
  context: Pick<ListingContext, "guard"> & RemovalContext,
  source: LibraryOrigin,
  listed: Listed,
  signal: AbortSignal,
): Promise<number> {
  const known = context.catalogue.files.count(source.number);
  const missing: number[] = [];
  let tracks = 0;
  let looked = 0;
  for (const rows of knownFiles(context, source.number, listed.paths)) {
    for (const row of rows) {
      if (!isMissing(row, listed)) continue;
      missing.push(row.id);
      if (row.kind === FILE_KIND.track) tracks++;
    }
    // A thousand files that changed are a thousand paths.
    looked += rows.length;
    if (looked < SLICE) continue;
    looked = 0;
    await nextTurn();
    signal.throwIfAborted();
  }
  signal.throwIfAborted();
  const wanted = { missing: tracks, known, listed: listed.paths ? undefined : listed.files };
  if (!context.guard.allows(source, wanted)) return 0;
  for (const ids of slices(missing)) {
    removeFiles(
      context,
      ids.flatMap((id) => context.catalogue.files.byId(id) ?? []),
    );
    await nextTurn();
    signal.throwIfAborted();
  }
  return tracks;
}

/** Removes every file of an origin. */
export async function removeAllOf(
  context: RemovalContext,
  originNumber: number,
  signal: AbortSignal,
): Promise<void> {
  for (const rows of knownFiles(context, originNumber, undefined)) {
    removeFiles(context, rows);
    await nextTurn();
    signal.throwIfAborted();
  }
}

/** Removes files, and the names of entries that have no other source; one transaction. */
export function removeFiles(context: RemovalContext, rows: readonly FileRow[]): void {
  if (rows.length === 0) return;
  context.catalogue.transaction(() => {
    for (const row of rows) {
      if (!context.federation.removing(row)) context.editor.removeTrack(row);
      context.catalogue.files.remove(row);
    }
    context.editor.finish();
  });
  context.committed();
}

// Slice by slice; the catalogue may change in between.
function* knownFiles(
  { catalogue: { files } }: RemovalContext,
  originNumber: number,
  paths: readonly string[] | undefined,
): Generator<readonly FileRow[]> {
  if (!paths) {
    for (let id = 0; ; ) {
      const rows = files.after(originNumber, id, SLICE);
      const last = rows.at(-1);
      if (!last) return;
      id = last.id;
      yield rows;
    }
  }
  for (const path of paths) {
    const own = files.byPath(originNumber, path);
    if (own) yield [own];
    for (let after = ""; ; ) {
      const rows = files.below(originNumber, path, after, SLICE);
      const last = rows.at(-1);
      if (!last) break;
      after = last.path;
      yield rows;
    }
  }
}

function isMissing(row: FileRow, { lastKnownId, seen, unreadable }: Listed): boolean {
  if (row.id > lastKnownId || seen.has(row.id)) return false;
  return !unreadable.some(({ path }) => path === "" || row.path.startsWith(`${path}/`));
}
