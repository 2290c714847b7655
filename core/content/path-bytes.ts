import { isUtf8 } from "node:buffer";

/**
 * Names on a disk are bytes, and paths in the catalogue are strings. Bytes that are not valid UTF-8 stand in
 * the string as private-use code points: byte `b` (0x80 to 0xFF) as U+F700 + b. So that no two names become
 * one string, the UTF-8 of the code points U+F780 to U+F7FF themselves is written byte for byte, too.
 */
const ESCAPE_BASE = 0xf700;
const ESCAPED = /[\uF780-\uF7FF]/;

/** The path as a string; different bytes always give different strings. Never throws. */
export function pathFromBytes(bytes: Buffer): string {
  if (isUtf8(bytes)) {
    const text = bytes.toString("utf8");
    if (!ESCAPED.test(text)) return text;
  }
  return escapeBytes(bytes);
}

/**
 * The path as the system calls want it: the inverse of {@link pathFromBytes}. A path without escaped bytes
 * comes back as it is, since Node encodes it in the same way.
 */
export function pathToBytes(path: string): Buffer | string {
  if (!ESCAPED.test(path)) return path;
  const parts: Buffer[] = [];
  let plainFrom = 0;
  for (let index = 0; index < path.length; index++) {
    const unit = path.charCodeAt(index);
    if (!isEscape(unit)) continue;
    parts.push(Buffer.from(path.slice(plainFrom, index)), Buffer.of(unit - ESCAPE_BASE));
    plainFrom = index + 1;
  }
  parts.push(Buffer.from(path.slice(plainFrom)));
  return Buffer.concat(parts);
}

function escapeBytes(bytes: Buffer): string {
  let text = "";
  for (let index = 0; index < bytes.length; ) {
    const length = sequenceLength(bytes[index] ?? 0);
    const sequence = bytes.subarray(index, index + length);
    const character = length > 0 && isUtf8(sequence) ? sequence.toString("utf8") : "";
    if (character !== "" && !isEscape(character.charCodeAt(0))) {
      text += character;
      index += length;
    } else {
      text += String.fromCharCode(ESCAPE_BASE + (bytes[index] ?? 0));
      index += 1;
    }
  }
  return text;
}

/** Bytes of the UTF-8 sequence that starts with `lead`, 0 where none does. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc2) return 0;
  if (lead < 0xe0) return 2;
  if (lead < 0xf0) return 3;
  return lead < 0xf5 ? 4 : 0;
}

function isEscape(unit: number): boolean {
  return unit >= ESCAPE_BASE + 0x80 && unit <= ESCAPE_BASE + 0xff;
}
