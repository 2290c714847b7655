import { type FileHandle, open } from "node:fs/promises";

/**
 * Gives `use` an open file, and closes it however `use` ends: a handle that is left open takes the process
 * down when it is collected after its filesystem is gone.
 */
export async function withOpen<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path);
  return use(handle).finally(() => handle.close());
}
