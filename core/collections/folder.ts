import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { Branch } from "../library/branch.js";
import type { Library } from "../library/library.js";
import { rankedName } from "../library/ranked-name.js";
import { trackOf } from "../library/track.js";

/** Names that are looked up, added or removed in one go: a few milliseconds of the main thread. */
const SLICE = 50;

export interface FolderParts {
  readonly catalogue: Catalogue;
  readonly library: Pick<Library, "edit">;
  readonly branch: Branch;
}

/**
 * Makes a collection's folder hold these tracks in this order, as `001 Artist - Title.ext`, and tells the kernel of
 * what is different. The names stand for the tracks' own inodes, so the kernel keeps a file's bytes once.
 *
 * @returns how many tracks there are.
 * @throws `signal.reason`
 */
export async function fillFolder(
  parts: FolderParts,
  folderIno: number,
  fileIds: readonly number[],
  signal: AbortSignal,
): Promise<number> {
  const wanted = await namesOf(parts, fileIds, signal);
  await removeOthers(parts, folderIno, wanted, signal);
  await addMissing(parts, folderIno, wanted, signal);
  return wanted.size;
}

async function namesOf(
  { catalogue }: FolderParts,
  fileIds: readonly number[],
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const { files, tree } = catalogue;
  const names = new Map<string, number>();
  for (const ids of slices([...new Set(fileIds)])) {
    for (const id of ids) {
      const row = files.byId(id);
      const file = row && files.tagged(row);
      if (file && tree.hasName(file.ino)) {
        names.set(rankedName(names.size + 1, fileIds.length, trackOf(file, "")), file.ino);
      }
    }
    await nextTurn();
    signal.throwIfAborted();
  }
  return names;
}

async function removeOthers(
  { catalogue, library, branch }: FolderParts,
  folderIno: number,
  wanted: ReadonlyMap<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const others = catalogue.tree.childrenOf(folderIno).filter(({ name, ino }) => wanted.get(name) !== ino);
  for (const rows of slices(others)) {
    library.edit(() => {
      for (const { name } of rows) branch.remove(folderIno, name);
    });
    await nextTurn();
    signal.throwIfAborted();
  }
}

async function addMissing(
  { catalogue, library, branch }: FolderParts,
  folderIno: number,
  wanted: ReadonlyMap<string, number>,
  signal: AbortSignal,
): Promise<void> {
  const missing = [...wanted].filter(([name]) => !catalogue.tree.child(folderIno, name));
  for (const entries of slices(missing)) {
    library.edit(() => {
      // A track that went meanwhile must not come back by this name.
      for (const [name, ino] of entries) {
        if (catalogue.tree.hasName(ino)) branch.add(folderIno, name, ino);
      }
    });
    await nextTurn();
    signal.throwIfAborted();
  }
}

function* slices<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < all.length; from += SLICE) yield all.slice(from, from + SLICE);
}
