import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileRow } from "../catalogue/files.js";
import type { OriginFile } from "../model/origin.js";
import type { BitSet } from "./bit-set.js";
import type { LibraryOrigin } from "./library-origin.js";
import { BLOCK_BYTES, headHash } from "./tags/block-reader.js";

/** Known files that are asked for each new one; more with the same size and time are copies of one another. */
const MAX_TWINS = 8;

/**
 * Finds what new files of a listing were called before: a known file with the same size and modification time
 * which the origin says is gone from its path, and which is the same by its identity, or by what it begins with.
 *
 * @param files files whose paths are not known.
 * @param seen ids of known files that the listing has shown already; those found are added.
 * @returns the known file of each path that was found.
 */
export async function findMoved(
  catalogue: Catalogue,
  { number, origin }: LibraryOrigin,
  files: readonly OriginFile[],
  seen: BitSet,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, FileRow>> {
  const moved = new Map<string, FileRow>();
  const gone = new Map<number, Promise<boolean>>();
  const isGone = (row: FileRow): Promise<boolean> => {
    // An origin that cannot tell has not said that it is gone.
    const asked = gone.get(row.id) ?? isMissing(origin.stat(row.path, signal));
    gone.set(row.id, asked);
    return asked;
  };
  await Promise.all(
    files.map(async (file) => {
      for (const row of catalogue.files.twinsOf(number, file, MAX_TWINS)) {
        if (seen.has(row.id) || !(await isGone(row)) || !(await isSame(row, file))) continue;
        // Another one may have been faster.
        if (seen.has(row.id)) continue;
        seen.add(row.id);
        moved.set(file.path, row);
        return;
      }
    }),
  );
  signal.throwIfAborted();
  return moved;

  async function isSame(row: FileRow, file: OriginFile): Promise<boolean> {
    if (row.identity !== null && row.identity === file.identity) return true;
    const known = catalogue.files.headOf(row.id);
    if (!known) return false;
    const length = Math.min(BLOCK_BYTES, file.sizeBytes);
    const head = await origin.read(file, 0, length, signal).catch(() => undefined);
    return head !== undefined && known.equals(headHash(head));
  }
}

function isMissing(stat: Promise<OriginFile | undefined>): Promise<boolean> {
  return stat.then(
    (found) => found === undefined,
    () => false,
  );
}
