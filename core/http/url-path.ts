import { pathFromBytes, pathToBytes } from "../content/path-bytes.js";

/** Longest path that is believed, in characters: what Linux takes as a whole path. */
const MAX_LENGTH = 4096;
/** Most folders in each other. */
const MAX_DEPTH = 256;
const UNRESERVED = /^[A-Za-z0-9\-._~]$/u;
const PERCENT = 0x25;

// The code of each byte in a path: itself, or `%` and two digits.
const CODES = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  return UNRESERVED.test(character) ? character : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
});

/** Whether a text is a path that an origin may have: well-formed segments, neither empty nor made of dots. */
export function isOriginPath(path: string): boolean {
  if (path.length > MAX_LENGTH || path.includes("\0") || !path.isWellFormed()) return false;
  const segments = path.split("/");
  return segments.length <= MAX_DEPTH && segments.every((segment) => !/^\.{0,2}$/u.test(segment));
}

/** A path below an origin's root as it stands in an address: each byte that is not unreserved (RFC 3986) as `%XX`. */
export function encodePath(path: string): string {
  const bytes = Buffer.from(pathToBytes(path) as string);
  let text = "";
  for (const byte of bytes) text += byte === 0x2f ? "/" : CODES[byte];
  return text;
}

/**
 * The path below the root that an address's path stands for; names that are not UTF-8 keep their bytes, as on a disk.
 *
 * @param base the root's own path, encoded, with `/` at its end.
 * @returns `""` for the root; `undefined` for what does not lie below it, or is no path of an origin. A `/` at the end is left
 * out.
 */
export function decodePath(encoded: string, base: string): string | undefined {
  const root = decodeBytes(base);
  const bytes = decodeBytes(encoded);
  if (encoded.length > 3 * MAX_LENGTH || /%2f/iu.test(encoded)) return undefined;
  if (!bytes.subarray(0, root.length).equals(root)) {
    return bytes.equals(root.subarray(0, -1)) ? "" : undefined;
  }
  const below = bytes.subarray(root.length);
  const end = below.at(-1) === 0x2f ? -1 : below.length;
  const path = pathFromBytes(below.subarray(0, end));
  return path === "" || isOriginPath(path) ? path : undefined;
}

function decodeBytes(encoded: string): Buffer {
  const source = Buffer.from(encoded);
  const target = Buffer.allocUnsafe(source.length);
  let length = 0;
  for (let at = 0; at < source.length; at += 1) {
    const digits = source[at] === PERCENT ? source.toString("latin1", at + 1, at + 3) : "";
    const isEscape = /^[0-9a-f]{2}$/iu.test(digits);
    target[length] = isEscape ? Number.parseInt(digits, 16) : (source[at] ?? 0);
    length += 1;
    if (isEscape) at += 2;
  }
  return target.subarray(0, length);
}
