import type { ContentStore } from "../store/content-store.js";
import type { FileVersion } from "../store/store-index.js";
import { StoredVersion } from "./stored-version.js";

/** Of an earlier version of which less is kept, nothing is taken: it has no more than what tells the tags. */
const WORTHWHILE_BYTES = 256 * 1024;

/** The earlier version of a file of which the store has the most; `undefined` where it has none, or too little of it. */
export function findEarlier(version: FileVersion, store: ContentStore): StoredVersion | undefined {
  const { originId, file } = version;
  let [best, bestBytes] = [undefined as FileVersion | undefined, WORTHWHILE_BYTES - 1];
  for (const id of store.index.blobsOf(originId, file.path)) {
    const earlier = store.index.versionsOf(id).find((other) => isAnotherOf(version, other));
    const bytes = store.openBlob(id)?.logicalBytes ?? store.index.blob(id)?.logicalBytes ?? 0;
    if (earlier && bytes > bestBytes) [best, bestBytes] = [earlier, bytes];
  }
  return best && new StoredVersion(best, store);
}

function isAnotherOf({ originId, file }: FileVersion, other: FileVersion): boolean {
  if (other.originId !== originId || other.file.path !== file.path) return false;
  const { sizeBytes, mtimeMs, version } = other.file;
  return sizeBytes !== file.sizeBytes || mtimeMs !== file.mtimeMs || version !== file.version;
}
