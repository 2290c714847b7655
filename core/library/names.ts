import { NAME_MAX_BYTES } from "../vfs/limits.js";

/** Changes whenever the same text would give another name, so that every track is placed anew. */
export const NAMES_VERSION = 1;

/** Which systems a name must suit. */
export type NamesMode = "posix" | "portable";

/** Printable ASCII without `/`, neither hidden nor with blanks around: most names, and nothing to do for them. */
const PLAIN = /^(?![. ])[\x20-\x2e\x30-\x7e]{0,254}[\x21-\x2e\x30-\x7e]$/;
/** Marks that reorder or hide text: bidirectional controls, zero-width spaces, the byte order mark. */
const INVISIBLE = /[\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff]/gu;
/** Control characters other than blanks (C0, DEL, C1). */
const CONTROL = /[\u0000-\u0008\u000e-\u001f\u007f-\u009f]/gu;
/** What stands in a path for a byte that is not UTF-8; see `core/content/path-bytes.ts`. */
const ESCAPED_BYTE = /[\uf780-\uf7ff]/gu;
/** What Windows has another use for. */
const FORBIDDEN_ELSEWHERE = /[<>:"|?*\\]/gu;
/** Names of devices, which no file may have there, whatever its extension. */
const DEVICES = /^(?:con|prn|aux|nul|com[\d¹²³]|lpt[\d¹²³]|conin\$|conout\$)(?:\.|$)/iu;
const BLANKS = /\s+/gu;
/** Longest extension that is kept whole when a name is cut, in bytes. */
const EXTENSION_MAX_BYTES = 16;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * Makes a name that any POSIX filesystem takes of any text: in NFC, without `/`, control or invisible
 * characters, never empty, `.` or `..`, never hidden by a leading dot, at most 255 bytes of UTF-8.
 * A name that is too long is cut at a grapheme; the extension stays, and `suffix` before it.
 *
 * Pure and total. Different texts may give one name: the caller tells them apart, by `suffix`.
 *
 * @param mode `portable`: also without `< > : " | ? * \`, not the name of a device, not ending with a dot.
 */
export function safeName(text: string, suffix = "", mode: NamesMode = "posix"): string {
  if (mode === "portable") return portableName(text, suffix);
  if (suffix === "" && PLAIN.test(text)) return text;
  const clean = cleaned(text);
  const { stem, extension } = splitExtension(clean);
  // The suffix brings its own blank.
  const start = suffix === "" ? stem : stem.trimEnd();
  return `${cutTo(start, NAME_MAX_BYTES - byteLength(extension) - byteLength(suffix))}${suffix}${extension}`;
}

// A name that Windows and SMB take, too: https://learn.microsoft.com/windows/win32/fileio/naming-a-file
function portableName(text: string, suffix: string): string {
  const name = safeName(text.replace(FORBIDDEN_ELSEWHERE, "_"), suffix).replace(/[. ]+$/u, "_");
  return DEVICES.test(name) ? portableName(`_${text}`, suffix) : name;
}

/** What two names have in common that a system takes for one which does not tell cases apart. */
export function foldName(name: string): string {
  return name.normalize("NFC").toUpperCase().toLowerCase().normalize("NFC");
}

/** Splits `Title.flac` into `Title` and `.flac`; what is too long or has blanks in it is no extension. */
export function splitExtension(name: string): { stem: string; extension: string } {
  const dot = name.lastIndexOf(".");
  const extension = dot > 0 ? name.slice(dot) : "";
  const isExtension =
    extension.length > 1 && byteLength(extension) <= EXTENSION_MAX_BYTES && !/\s/u.test(extension);
  return isExtension ? { stem: name.slice(0, dot), extension } : { stem: name, extension: "" };
}

function cleaned(text: string): string {
  const name = text
    .toWellFormed()
    .normalize("NFC")
    .replace(CONTROL, "")
    .replace(INVISIBLE, "")
    .replace(BLANKS, " ")
    .replace(ESCAPED_BYTE, "_")
    .replaceAll("/", "_")
    .trim()
    .replace(/^\./u, "_");
  // Removing a mark between two characters can make them one in NFC.
  return name === "" ? "_" : name.normalize("NFC");
}

function cutTo(text: string, maxBytes: number): string {
  if (byteLength(text) <= maxBytes) return text;
  let bytes = 0;
  let end = 0;
  // A grapheme of hostile text can be longer than a name: then nothing of it fits, and code points must do.
  for (const { segment, index } of graphemes.segment(text.slice(0, maxBytes))) {
    bytes += byteLength(segment);
    if (bytes > maxBytes) break;
    end = index + segment.length;
  }
  const cut = text.slice(0, end).trimEnd();
  return cut === "" ? cutAtCodePoint(text, maxBytes) : cut;
}

function cutAtCodePoint(text: string, maxBytes: number): string {
  let kept = "";
  for (const character of text) {
    if (byteLength(kept) + byteLength(character) > maxBytes) break;
    kept += character;
  }
  return kept;
}

function byteLength(text: string): number {
  return Buffer.byteLength(text);
}
