import {
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { MusicfsError } from "../errors.js";
import { makePrivateFolder, unusableFolder } from "../private-folder.js";
import { BLOCK_BYTES } from "./block-set.js";

/** The version of the store's format that this code writes, and the only one that it reads. */
export const FORMAT_VERSION = 1;
/** Names the content address: what a manifest's hashes are. */
export const HASH_ALGORITHM = "sha256";

const FORMAT_FILE = "format.json";
/** What a start that was killed may leave. */
const UNFINISHED = `${FORMAT_FILE}.new`;
const MAX_FORMAT_BYTES = 64 * 1024;

/** What stands in `format.json`; see README.md of this folder. */
const formatSchema = z.object({
  format: z.literal("musicfs-store"),
  version: z.int().min(1),
  library: z.string(),
  hash: z.string(),
  blockBytes: z.int(),
});

/**
 * Sees that `folder` holds a store of this library, in a format that is known here, and makes one where there
 * is none. Nothing that is there is changed or removed.
 *
 * @param library names the library whose files are kept: its state folder.
 * @throws `MFS_STORE_NEWER`, `MFS_STORE_FOREIGN` or `MFS_FOLDER_UNUSABLE`.
 */
export function checkFormat(folder: string, library: string): void {
  refuseLink(folder);
  makePrivateFolder(folder);
  const text = readFormat(folder);
  if (text === undefined) {
    makeFormat(folder, library);
    return;
  }
  const format = parseFormat(text);
  if (!format) throw foreign(folder, "its format.json is not one of a store");
  if (format.version > FORMAT_VERSION) {
    throw new MusicfsError(
      "MFS_STORE_NEWER",
      `the cache in ${folder} was written by a newer MusicFS (format ${format.version}; this one knows ${FORMAT_VERSION})`,
    );
  }
  if (format.hash !== HASH_ALGORITHM || format.blockBytes !== BLOCK_BYTES) {
    throw foreign(
      folder,
      `its chunks are named by ${format.hash}, its blocks have ${format.blockBytes} bytes`,
    );
  }
  if (format.library !== library) throw foreign(folder, `it belongs to the library of ${format.library}`);
}

// The folder could be swapped for a link to anywhere; what a link leads to is never written to.
function refuseLink(folder: string): void {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) throw foreign(folder, "it is a link or a file, and no folder");
}

function readFormat(folder: string): string | undefined {
  try {
    const path = join(folder, FORMAT_FILE);
    const found = lstatSync(path, { throwIfNoEntry: false });
    if (!found) {
      const others = readdirSync(folder).filter((name) => name !== UNFINISHED);
      if (others.length === 0) return undefined;
      throw foreign(folder, `it is not empty, and has no ${FORMAT_FILE}`);
    }
    return found.isFile() && found.size <= MAX_FORMAT_BYTES ? readFileSync(path, "utf8") : "";
  } catch (error) {
    throw error instanceof MusicfsError ? error : unusableFolder(folder, error, "read the cache in");
  }
}

function parseFormat(text: string): z.output<typeof formatSchema> | undefined {
  try {
    return formatSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}

// Flushed before it has its name, so that it is there as a whole or not at all.
function makeFormat(folder: string, library: string): void {
  const content = {
    format: "musicfs-store",
    version: FORMAT_VERSION,
    library,
    hash: HASH_ALGORITHM,
    blockBytes: BLOCK_BYTES,
  } satisfies z.input<typeof formatSchema>;
  const path = join(folder, FORMAT_FILE);
  try {
    const fd = openSync(join(folder, UNFINISHED), "w", 0o600);
    try {
      writeSync(fd, `${JSON.stringify(content, undefined, 2)}\n`);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(join(folder, UNFINISHED), path);
  } catch (error) {
    throw unusableFolder(folder, error, "make a cache in");
  }
}

function foreign(folder: string, reason: string): MusicfsError {
  return new MusicfsError("MFS_STORE_FOREIGN", `${folder} is not this library's cache: ${reason}`);
}
