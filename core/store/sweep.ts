import { unlinkSync } from "node:fs";
import { lstat, opendir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BlobFiles } from "./blob-files.js";
import type { Removal } from "./store.js";

const BLOB_NAME = /^[1-9][0-9]{0,15}$/;

/**
 * Removes whatever lies in the folder of the blobs and is no blob that the index names. A link is removed, and what it
 * leads to is left alone.
 *
 * @param isNamed asked right before each removal: a blob stands in the index before its file is made.
 */
export async function sweepBlobs(
  files: BlobFiles,
  isNamed: (id: number) => boolean,
  dryRun: boolean,
  signal: AbortSignal,
): Promise<Removal> {
  const removal = { files: 0, bytes: 0 };
  const isBlob = (path: string, name: string): boolean =>
    BLOB_NAME.test(name) && files.pathOf(Number(name)) === path && isNamed(Number(name));
  const remove = async (path: string, name: string): Promise<void> => {
    const found = await lstat(path);
    // No turn of the event loop lies between this look and the removal.
    if (isBlob(path, name)) return;
    removal.files += 1;
    removal.bytes += found.blocks * 512;
    if (dryRun) return;
    if (found.isDirectory()) await rm(path, { recursive: true, force: true });
    else unlinkSync(path);
  };

  for await (const shard of await opendir(files.folder)) {
    const folder = join(files.folder, shard.name);
    if (!shard.isDirectory() || !/^[0-9a-f]{2}$/.test(shard.name)) {
      await remove(folder, shard.name);
      continue;
    }
    for await (const entry of await opendir(folder)) {
      signal.throwIfAborted();
      const path = join(folder, entry.name);
      if (!isBlob(path, entry.name)) await remove(path, entry.name);
    }
  }
  return removal;
}
