/** Longest playlist that is read, in bytes, and most lines of it that are shown. */
export const PLAYLIST_MAX_BYTES = 4 * 1024 * 1024;
const MAX_LINES = 100_000;

/** A line of a playlist: an entry, or anything that is kept as it is. */
export interface PlaylistLine {
  readonly text: string;
  readonly isEntry: boolean;
}

/**
 * Reads an M3U: UTF-8 or UTF-16 by its mark, else UTF-8 where it is that, else Latin-1 as Windows has it; lines end as
 * on any system. There is no standard but what players do (https://en.wikipedia.org/wiki/M3U).
 */
export function parsePlaylist(bytes: Uint8Array): PlaylistLine[] {
  return decode(bytes)
    .split(/\r\n|\n|\r/u, MAX_LINES)
    .map((line) => line.trimEnd())
    .filter((line) => line.trim() !== "")
    .map((text) => ({ text, isEntry: !text.startsWith("#") }));
}

/**
 * Where an entry may lie: paths in the origin, the likeliest first; `"stream"` for what is no file.
 *
 * @param folder of the playlist in its origin.
 * @param root of the origin on this machine, where it has one.
 */
export function placesOfEntry(
  entry: string,
  folder: string,
  root: string | undefined,
): readonly string[] | "stream" {
  if (/^(?!file:)[a-z][a-z0-9+.-]+:\/\//iu.test(entry)) return "stream";
  const path = pathOf(entry)
    .replaceAll("\\", "/")
    .replace(/^[a-z]:\//iu, "/");
  if (!path.startsWith("/")) return variantsOf(normalise(folder === "" ? path : `${folder}/${path}`));
  const inRoot = root !== undefined && path.startsWith(`${root}/`) ? [path.slice(root.length + 1)] : [];
  // Of a path on another machine, what lies below its music folder may be the same here.
  const segments = normalise(path.slice(1))?.split("/") ?? [];
  const tails = segments.map((_, index) => segments.slice(index).join("/")).slice(0, 12);
  return [...inRoot, ...tails].flatMap((each) => variantsOf(each));
}

/** A path as an entry of a playlist; one that looks like a comment or a URL must not be taken for it. */
export function entryOf(path: string): string {
  return path.replaceAll("\n", "_");
}

function decode(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

function pathOf(entry: string): string {
  if (!/^file:\/\//iu.test(entry)) return entry;
  const path = entry.replace(/^file:\/\/[^/]*/iu, "");
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

// `undefined` where it leads out of the origin.
function normalise(path: string): string | undefined {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") {
      if (segments.pop() === undefined) return undefined;
    } else if (segment !== "" && segment !== ".") {
      segments.push(segment);
    }
  }
  return segments.join("/");
}

// Whoever wrote the playlist may have composed letters in another way than the disk has them.
function variantsOf(path: string | undefined): string[] {
  if (path === undefined || path === "") return [];
  return [...new Set([path, path.normalize("NFC"), path.normalize("NFD")])];
}
