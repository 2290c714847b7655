import { lstatSync, readdirSync, realpathSync, type Stats, statSync } from "node:fs";
import type { OriginFile } from "musicfs";
import { pathFromBytes, pathToBytes } from "musicfs/vfs";
import { musicfsDevices } from "./musicfs-devices.js";
import { originFile } from "./origin-file.js";

/** What lies in a folder: paths below the root, in the order of the bytes of the names. */
export interface FolderContent {
  readonly files: readonly string[];
  readonly folders: readonly string[];
}

/**
 * Looks into the folders of an origin. Decides what belongs to it: links lead out of it only where the config
 * says so, each folder behind a link is entered once, and no MusicFS mount below the root is entered.
 */
export class FolderReader {
  readonly #root: string;
  readonly #prefix: string;
  readonly #followSymlinks: boolean;
  readonly #ownDevices = musicfsDevices();
  /** Folders that were reached through a link, by device and inode, with the path of that link. */
  readonly #followed = new Map<string, string>();

  constructor(root: string, followSymlinks: boolean) {
    this.#root = root;
    this.#prefix = root === "/" ? "/" : `${root}/`;
    this.#followSymlinks = followSymlinks;
  }

  /** @throws what the system says of a folder that cannot be listed. */
  read(folder: string): FolderContent {
    const entries = readdirSync(this.fullPath(folder), { withFileTypes: true, encoding: "buffer" });
    entries.sort((a, b) => Buffer.compare(a.name, b.name));
    const files: string[] = [];
    const folders: string[] = [];
    for (const entry of entries) {
      const path = folder === "" ? pathFromBytes(entry.name) : `${folder}/${pathFromBytes(entry.name)}`;
      const kind = entry.isSymbolicLink() ? this.#kindOfLink(path) : entry;
      if (kind?.isDirectory() && !this.#isMusicfs(path)) folders.push(path);
      else if (kind?.isFile()) files.push(path);
    }
    return { files, folders };
  }

  /** The file at a path; `undefined` when there is none any more. */
  fileAt(path: string): OriginFile | undefined {
    const found = this.#stat(path);
    return found?.isFile() ? originFile(path, found) : undefined;
  }

  /** What a path is that did not come from a listing: it must not lead through a link, or out of the root. */
  kindAt(path: string): "file" | "folder" | undefined {
    if (!this.#isInside(path)) return undefined;
    const found = this.#entryAt(path);
    if (found?.isDirectory()) return this.#isMusicfs(path) ? undefined : "folder";
    return found?.isFile() ? "file" : undefined;
  }

  /** Device and inode of what a path leads to; `undefined` when there is nothing. */
  identityAt(path: string): string | undefined {
    const found = statOf(this.fullPath(path), statSync);
    return found && `${found.dev}:${found.ino}`;
  }

  fullPath(path: string): Buffer | string {
    return pathToBytes(path === "" ? this.#root : this.#prefix + path);
  }

  #stat(path: string): Stats | undefined {
    return statOf(this.fullPath(path), this.#followSymlinks ? statSync : lstatSync);
  }

  #isInside(path: string): boolean {
    if (path.split("/").includes("..")) return false;
    for (let at = parentOf(path); at !== ""; at = parentOf(at)) {
      if (!this.#entryAt(at)?.isDirectory()) return false;
    }
    return true;
  }

  // A link counts as what it leads to, where it is followed at all.
  #entryAt(path: string): Stats | undefined {
    const found = statOf(this.fullPath(path), lstatSync);
    return found?.isSymbolicLink() ? this.#kindOfLink(path) : found;
  }

  // What a link inside the root points to is listed at its own place.
  #kindOfLink(path: string): Stats | undefined {
    if (!this.#followSymlinks) return undefined;
    const target = realPathOf(this.fullPath(path));
    if (target === undefined || `${target}/`.startsWith(this.#prefix)) return undefined;
    const found = statOf(this.fullPath(path), statSync);
    if (!found?.isDirectory()) return found;
    const identity = `${found.dev}:${found.ino}`;
    const isAbove = this.#prefix.startsWith(`${target === "/" ? "" : target}/`);
    if (isAbove || (this.#followed.get(identity) ?? path) !== path) return undefined;
    this.#followed.set(identity, path);
    return found;
  }

  // A MusicFS mount below the root would show every track twice, and could be our own.
  #isMusicfs(path: string): boolean {
    if (this.#ownDevices.size === 0) return false;
    return this.#ownDevices.has(statOf(this.fullPath(path), lstatSync)?.dev ?? -1);
  }
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

// A file that vanishes while its folder is listed was not there.
function statOf(location: Buffer | string, stat: typeof lstatSync | typeof statSync): Stats | undefined {
  try {
    return stat(location) as Stats;
  } catch {
    return undefined;
  }
}

function realPathOf(location: Buffer | string): string | undefined {
  try {
    return pathFromBytes(realpathSync.native(location, { encoding: "buffer" }));
  } catch {
    return undefined;
  }
}
