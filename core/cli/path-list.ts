import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { MusicfsError, messageOf } from "../errors.js";

/** Longest list that is read, in bytes. */
const MAX_LIST_BYTES = 64 * 1024 * 1024;

/**
 * Reads paths from a playlist (.m3u, .m3u8) or a list with one a line; `-` reads stdin. Comments and empty lines
 * are left out. A relative path is one beside the list, as players take it, when the list lies in the mount;
 * otherwise it is one of the tree.
 *
 * @throws `MFS_USAGE` when it cannot be read.
 */
export async function readPathList(file: string, mountpoint: string): Promise<string[]> {
  if (file === "-") return parsePathList(await text(process.stdin), "/");
  try {
    const bytes = await readFile(file);
    if (bytes.length > MAX_LIST_BYTES) throw new Error(`it is larger than ${MAX_LIST_BYTES} bytes`);
    const folder = dirname(resolve(file));
    const isInMount = `${folder}/`.startsWith(`${mountpoint}/`);
    return parsePathList(decode(bytes), isInMount ? folder : "/");
  } catch (error) {
    throw new MusicfsError("MFS_USAGE", `the list '${file}' cannot be read: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

/** The paths that a list names; relative ones are below `folder`. */
export function parsePathList(list: string, folder: string): string[] {
  return list
    .replace(/^\ufeff/u, "")
    .split(/\r\n|\r|\n/u)
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => (/^file:\/\//iu.test(line) ? pathOfUrl(line) : resolve(folder, line)));
}

// Old playlists are in the encoding of their maker's machine: most often Latin-1.
function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString("latin1");
  }
}

function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url.trim());
  } catch {
    return url;
  }
}
