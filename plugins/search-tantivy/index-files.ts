import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { FINGERPRINT } from "./schema.js";

/** What each segment of an index consists of. */
const SEGMENT_FILES = ["idx", "pos", "term", "store", "fast", "fieldnorm"] as const;
/** Ends every file of a segment, behind its footer and the footer's length; from tantivy's `footer.rs`. */
const FOOTER_MAGIC = 1337;
const MAX_FOOTER_BYTES = 50_000;
const BLOCK_BYTES = 1024 * 1024;

/** The folder of the index, and why what was there before could not be used. */
export interface IndexFolder {
  readonly path: string;
  readonly note?: string;
}

/**
 * Makes the folder of the index ready to be opened: what another version made is removed, and so is an index
 * that is damaged, since tantivy itself would find out by ending the process, by hanging, or not at all.
 */
export function prepareFolder(folder: string, anew: boolean): IndexFolder {
  const path = join(folder, FINGERPRINT);
  const others = readdirSync(folder).filter((name) => name !== FINGERPRINT);
  for (const name of others) rmSync(join(folder, name), { recursive: true, force: true });
  const note = noteOf(path, others.length > 0, anew);
  if (note !== undefined) rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return note === undefined ? { path } : { path, note };
}

function noteOf(path: string, hadOther: boolean, anew: boolean): string | undefined {
  if (!existsSync(path)) return hadOther ? "the index was made by another version" : undefined;
  if (anew) return "the index made the search process end again and again";
  const damage = findDamage(path);
  return damage === undefined ? undefined : `the index is damaged: ${damage}`;
}

/** What is wrong with the files of an index, in words; `undefined` when nothing is. Reads all of it. */
export function findDamage(path: string): string | undefined {
  try {
    const names = new Set(readdirSync(path));
    if (!names.has("meta.json")) return names.size === 0 ? undefined : "meta.json is missing";
    for (const name of filesOf(JSON.parse(readFileSync(join(path, "meta.json"), "utf8")))) {
      if (!names.has(name)) return `${name} is missing`;
      if (!isIntact(join(path, name))) return `${name} has other content than was written`;
    }
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface Meta {
  readonly segments: readonly {
    readonly segment_id: string;
    readonly deletes: { readonly opstamp: number } | null;
  }[];
}

function filesOf({ segments }: Meta): string[] {
  return segments.flatMap(({ segment_id, deletes }) => {
    const id = segment_id.replaceAll("-", "");
    const files = SEGMENT_FILES.map((extension) => `${id}.${extension}`);
    return deletes ? [...files, `${id}.${deletes.opstamp}.del`] : files;
  });
}

// A file ends in a JSON footer with the CRC-32 of all before it, the footer's length, and a magic number.
function isIntact(path: string): boolean {
  const descriptor = openSync(path, "r");
  try {
    const { size } = statSync(path);
    if (size < 8) return false;
    const end = readAt(descriptor, size - 8, 8);
    const footerBytes = end.readUInt32LE(0);
    const bodyBytes = size - 8 - footerBytes;
    if (end.readUInt32LE(4) !== FOOTER_MAGIC || footerBytes > MAX_FOOTER_BYTES || bodyBytes < 0) return false;
    return checksumIn(readAt(descriptor, bodyBytes, footerBytes)) === checksumOf(descriptor, bodyBytes);
  } finally {
    closeSync(descriptor);
  }
}

function checksumIn(footer: Buffer): unknown {
  try {
    return (JSON.parse(footer.toString("utf8")) as { crc?: unknown }).crc;
  } catch {
    return undefined;
  }
}

function checksumOf(descriptor: number, bodyBytes: number): number {
  let checksum = 0;
  for (let at = 0; at < bodyBytes; at += BLOCK_BYTES) {
    checksum = crc32(readAt(descriptor, at, Math.min(BLOCK_BYTES, bodyBytes - at)), checksum);
  }
  return checksum;
}

function readAt(descriptor: number, offsetBytes: number, lengthBytes: number): Buffer {
  const bytes = Buffer.alloc(lengthBytes);
  const read = readSync(descriptor, bytes, 0, lengthBytes, offsetBytes);
  if (read < lengthBytes) throw new Error("a file of the index became shorter");
  return bytes;
}
