import { safeName } from "../library/names.js";

/** Longest name of a collection, in bytes of UTF-8. */
const MAX_BYTES = 200;

/** Why a text can't be the name of a collection's folder; `undefined` when it can. */
export function problemOfName(name: string): string | undefined {
  if (name === "") return "a collection needs a name";
  if (Buffer.byteLength(name) > MAX_BYTES) return `a collection's name may have ${MAX_BYTES} bytes`;
  if (safeName(name) !== name) return `'${safeName(name)}' could be the name of a folder, '${name}' cannot`;
  return undefined;
}

/** Names that are the same to some who read a mount are the same here. */
export function keyOfName(name: string): string {
  return name.normalize("NFC").toLowerCase();
}
