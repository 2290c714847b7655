import { OriginError, type OriginErrorKind } from "../model/origin-error.js";

/** What is wrong: a kind of {@link OriginError}, or `file` where it concerns one file of a disk and not the origin. */
export type Fault = OriginErrorKind | "file";

/** What a disk says of one file, and of no other. */
const OF_ONE_FILE = new Set(["EACCES", "EPERM", "EISDIR", "ELOOP", "ENAMETOOLONG", "EIO", "EINVAL"]);

/** What an error of an origin means; see the table of `OriginErrorKind`. */
export function faultOf(error: unknown): Fault {
  if (isOriginError(error)) return error.kind;
  const code = codeOf(error);
  if (code === "ESTALE") return "changed";
  if (code === "ENOENT" || code === "ENOTDIR") return "missing";
  return OF_ONE_FILE.has(code) ? "file" : "unavailable";
}

/** Whether the same request may go well a moment later. */
export function isPassing(fault: Fault): boolean {
  return fault === "unavailable" || fault === "wrong" || fault === "busy";
}

/** Whether the origin as a whole is meant, and not one file. */
export function isOfOrigin(fault: Fault): boolean {
  return fault === "unavailable" || fault === "wrong";
}

// By its name: a plugin may come with another installed copy of MusicFS.
function isOriginError(error: unknown): error is OriginError {
  if (error instanceof OriginError) return true;
  return error instanceof Error && error.name === "OriginError" && "kind" in error;
}

function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}
