import type { Stats } from "node:fs";
import type { OriginFile } from "musicfs";

/** A file of this machine as an origin shows it. */
export function originFile(path: string, found: Stats): OriginFile {
  return {
    path,
    sizeBytes: found.size,
    mtimeMs: found.mtimeMs,
    identity: `${found.dev}:${found.ino}`,
  };
}
