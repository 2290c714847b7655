import type { LibraryChange } from "../hooks.js";

/** More than these and the whole library is looked at: one scan costs a server less than many small ones. */
const MAX_FOLDERS = 32;

/** Which folders at the root of the mount have changed below: their names, or `undefined` for anything. */
export type FolderNames = readonly string[] | undefined;

/** Gathers the folders at the root that changes lie in, up to a number. */
export class ChangedFolders {
  #names: Set<string> | undefined = new Set();

  get isEmpty(): boolean {
    return this.#names?.size === 0;
  }

  add({ added, changed, removed }: LibraryChange): void {
    for (const paths of [added, changed, removed]) for (const path of paths) this.#addPath(path);
  }

  addNames(names: FolderNames): void {
    if (names === undefined) this.#names = undefined;
    else for (const name of names) this.#addName(name);
  }

  /** What was gathered, which is forgotten with that. */
  take(): FolderNames {
    const names = this.#names === undefined ? undefined : [...this.#names];
    this.#names = new Set();
    return names;
  }

  // A track that lies at the root itself changes the root.
  #addPath(path: string): void {
    const end = path.indexOf("/", 1);
    if (end < 0) this.#names = undefined;
    else this.#addName(path.slice(1, end));
  }

  #addName(name: string): void {
    this.#names?.add(name);
    if (this.#names && this.#names.size > MAX_FOLDERS) this.#names = undefined;
  }
}
