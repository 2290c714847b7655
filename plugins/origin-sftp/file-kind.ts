import type { OriginFile } from "musicfs";
import type { Attributes } from "./wire/fields.js";

export type FileKind = "file" | "folder" | "link" | "other";

const TYPE_BITS = 0o170000;
const KINDS: ReadonlyMap<number, FileKind> = new Map([
  [0o100000, "file"],
  [0o040000, "folder"],
  [0o120000, "link"],
]);

/** What attributes are of; `undefined` when the server does not say. */
export function kindOf({ mode }: Attributes): FileKind | undefined {
  return mode === undefined ? undefined : (KINDS.get(mode & TYPE_BITS) ?? "other");
}

/** A file as the origin shows it; `undefined` when the server does not tell its size. */
export function fileOf(path: string, { sizeBytes, mtimeSeconds }: Attributes): OriginFile | undefined {
  return sizeBytes === undefined ? undefined : { path, sizeBytes, mtimeMs: (mtimeSeconds ?? 0) * 1000 };
}
