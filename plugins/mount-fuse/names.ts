import { isUtf8 } from "node:buffer";

/**
 * A name out of a request, or `undefined` when it is not UTF-8, as no name of the tree is.
 * Nearly all names are ASCII, which is found out and decoded faster than UTF-8 is.
 */
export function decodeName(bytes: Buffer, from: number, to: number): string | undefined {
  for (let at = from; at < to; at += 1) {
    if ((bytes[at] as number) > 0x7f) {
      return isUtf8(bytes.subarray(from, to)) ? bytes.toString("utf8", from, to) : undefined;
    }
  }
  return bytes.toString("latin1", from, to);
}

/** Writes a name. `to` bounds it. @returns its length in bytes, or -1 when there is no room. */
export function encodeName(name: string, bytes: Buffer, from: number, to: number): number {
  const { length } = name;
  if (from + length > to) return -1;
  for (let at = 0; at < length; at += 1) {
    const unit = name.charCodeAt(at);
    if (unit > 0x7f) return encodeUtf8(name, bytes, from, to);
    bytes[from + at] = unit;
  }
  return length;
}

function encodeUtf8(name: string, bytes: Buffer, from: number, to: number): number {
  if (from + Buffer.byteLength(name) > to) return -1;
  return bytes.write(name, from, "utf8");
}
