import { OriginError, type OriginFile, z } from "musicfs";
import { decodePath, isOriginPath } from "musicfs/http";
import { linksOf } from "./links.js";

/** What the page of a folder says: names only, or (nginx's JSON) all there is to know of its files. */
export interface FolderIndex {
  readonly folders: readonly string[];
  /** Paths of files of which nothing more is known. */
  readonly files: readonly string[];
  readonly described: readonly OriginFile[];
}

/** Entries of one folder at most. */
const MAX_ENTRIES = 250_000;

const jsonIndex = z.array(
  z.discriminatedUnion("type", [
    z.object({ type: z.literal("directory"), name: z.string() }),
    z.object({ type: z.literal("file"), name: z.string(), mtime: z.string().max(100), size: z.int().min(0) }),
    z.object({ type: z.literal("other"), name: z.string() }),
  ]),
);

/**
 * Reads an index as nginx, Apache, lighttpd and others make it: links to what lies directly in the folder. Links elsewhere, to
 * the folder above and to other orders of the same page are none.
 *
 * @param page address of the page.
 * @param base path of the origin's root, encoded, with `/` at its end.
 */
export function parseHtmlIndex(html: string, page: string, base: string): FolderIndex {
  const { origin, pathname } = new URL(page);
  const here = decodePath(pathname, base);
  const [files, folders] = [new Set<string>(), new Set<string>()];
  for (const link of linksOf(html)) {
    // Resolved against the page, dots are gone; what then lies elsewhere is not followed.
    const url = URL.canParse(escaped(link), page) ? new URL(escaped(link), page) : undefined;
    if (!url || url.origin !== origin || url.search !== "" || url.username !== "") continue;
    const path = decodePath(url.pathname, base);
    if (path === undefined || path === "" || parentOf(path) !== here) continue;
    (url.pathname.endsWith("/") ? folders : files).add(path);
    if (files.size + folders.size > MAX_ENTRIES) throw tooMany();
  }
  return { files: [...files], folders: [...folders], described: [] };
}

/**
 * Reads nginx's index with `autoindex_format json`.
 *
 * @param folder path of the folder, `""` for the root.
 */
export function parseJsonIndex(json: string, folder: string): FolderIndex {
  const result = jsonIndex.safeParse(parsed(json));
  if (!result.success) throw new OriginError("wrong", "its JSON is no index as nginx makes it");
  if (result.data.length > MAX_ENTRIES) throw tooMany();
  const [folders, described]: [string[], OriginFile[]] = [[], []];
  for (const entry of result.data) {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.name.includes("/") || !isOriginPath(path)) continue;
    if (entry.type === "directory") folders.push(path);
    if (entry.type === "file")
      described.push({ path, sizeBytes: entry.size, mtimeMs: Date.parse(entry.mtime) || 0 });
  }
  return { files: [], folders, described };
}

// A browser's rules would make "/" of a backslash, and drop line breaks; in a name they are what they are.
function escaped(link: string): string {
  return link.replace(/[\\\t\r\n]/gu, encodeURIComponent);
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

function tooMany(): OriginError {
  return new OriginError("wrong", `a folder has more than ${MAX_ENTRIES} entries`);
}
