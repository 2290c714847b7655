import { type FSWatcher, watch } from "node:fs";
import { pathFromBytes } from "musicfs/vfs";
import type { FolderContent, FolderReader } from "./folder-reader.js";

/** Something happened in `folder` to what is called `name`; without a name, to any of it. */
export type Touched = (folder: string, name: string | undefined) => void;

interface Watched {
  readonly watcher: FSWatcher;
  /** Device and inode: another folder may come to have the same name. */
  readonly identity: string;
  /** Watched folders directly in it. */
  children?: Set<string>;
}

/** The folders below a root, each with an inotify watch of its own. */
export class WatchedTree {
  readonly #reader: FolderReader;
  readonly #touched: Touched;
  readonly #folders = new Map<string, Watched>();

  constructor(reader: FolderReader, touched: Touched) {
    this.#reader = reader;
    this.#touched = touched;
  }

  get size(): number {
    return this.#folders.size;
  }

  has(folder: string): boolean {
    return this.#folders.has(folder);
  }

  /** Whether a folder is still the one that is watched. */
  isSame(folder: string): boolean {
    return this.#folders.get(folder)?.identity === this.#reader.identityAt(folder);
  }

  /**
   * Watches a folder and all below it that is not watched yet. `onFile` is told of every file there.
   *
   * @throws what the system says when it can watch no more (ENOSPC, EMFILE), or the root not at all.
   */
  add(top: string, onFile: (path: string) => void): void {
    const folders = [top];
    for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
      if (!this.#watch(folder)) continue;
      // Watched first, listed after it: what is made in between is seen twice rather than not at all.
      const content = this.#read(folder);
      content.files.forEach(onFile);
      folders.push(...content.folders);
    }
  }

  /** Ends the watches of a folder and of all below it. */
  drop(folder: string): void {
    const watched = this.#folders.get(folder);
    if (!watched) return;
    watched.watcher.close();
    this.#folders.delete(folder);
    this.#folders.get(parentOf(folder))?.children?.delete(folder);
    for (const child of watched.children ?? []) this.drop(child);
  }

  #watch(folder: string): boolean {
    if (this.#folders.has(folder)) return false;
    const identity = this.#reader.identityAt(folder);
    if (identity === undefined && folder !== "") return false;
    try {
      const watcher = watch(this.#reader.fullPath(folder), { encoding: "buffer" }, (_, name) =>
        this.#touched(folder, name === null ? undefined : pathFromBytes(name)),
      );
      watcher.on("error", () => this.#touched(folder, undefined));
      this.#folders.set(folder, { watcher, identity: identity ?? "" });
      this.#addToParent(folder);
      return true;
    } catch (error) {
      // A folder that vanished meanwhile, or may not be looked into, is none of ours; without its root nothing is.
      if (folder === "" || isExhausted(error)) throw error;
      return false;
    }
  }

  #addToParent(folder: string): void {
    const parent = folder === "" ? undefined : this.#folders.get(parentOf(folder));
    if (!parent) return;
    parent.children ??= new Set();
    parent.children.add(folder);
  }

  #read(folder: string): FolderContent {
    try {
      return this.#reader.read(folder);
    } catch (error) {
      if (folder === "") throw error;
      return { files: [], folders: [] };
    }
  }
}

function isExhausted(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOSPC" || code === "EMFILE" || code === "ENFILE" || code === "ENOMEM";
}

function parentOf(folder: string): string {
  return folder.slice(0, Math.max(0, folder.lastIndexOf("/")));
}
