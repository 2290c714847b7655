import type { Catalogue } from "../catalogue/catalogue.js";
import type { NameRow } from "../catalogue/tree.js";
import type { TreeEditor } from "./tree-editor.js";

export interface BranchOptions {
  readonly catalogue: Catalogue;
  readonly editor: TreeEditor;
  /** Number of the view that the branch's names belong to. */
  readonly view: number;
  /** Inode of the branch's own directory; that of the tree's root for one that has none. */
  readonly rootIno: number;
}

/**
 * Names of one owner that are not made by a layout: a directory of its own (`/Collections`), or names in
 * directories of others (a cover in each album). It adds and removes its own names and no one else's.
 *
 * Every method belongs in `Library.edit`, which commits and tells the kernel. Names must be safe already
 * (`safeName`).
 */
export class Branch {
  readonly view: number;
  readonly rootIno: number;
  readonly #catalogue: Catalogue;
  readonly #editor: TreeEditor;

  constructor({ catalogue, editor, view, rootIno }: BranchOptions) {
    this.#catalogue = catalogue;
    this.#editor = editor;
    this.view = view;
    this.rootIno = rootIno;
  }

  /**
   * The directory `name`, made where it is missing. It goes when it becomes empty.
   *
   * @returns its inode; `undefined` when something else has the name.
   */
  directory(parentIno: number, name: string): number | undefined {
    const { tree } = this.#catalogue;
    const row = tree.child(parentIno, name);
    if (!row) return this.#editor.addDirectory(this.view, parentIno, name);
    return tree.isDirectory(row.ino) ? row.ino : undefined;
  }

  /** As {@link directory}, where the name is free: lookups find it, and no listing shows it. */
  unlistedDirectory(parentIno: number, name: string): number {
    return this.#editor.addUnlistedDirectory(this.view, parentIno, name);
  }

  /** Lets a directory stay when it is empty, for this run of the daemon. */
  keep(ino: number): void {
    this.#editor.keep(ino);
  }

  /** Undoes {@link keep}, and removes the directory when it is empty. */
  release(ino: number): void {
    this.#editor.release(ino);
  }

  /**
   * Gives an inode a name; that of a track stays one track, however many names it has.
   *
   * @returns whether it has the name now; `false` when something else has it.
   */
  add(parentIno: number, name: string, ino: number): boolean {
    const { tree, files } = this.#catalogue;
    const row = tree.child(parentIno, name);
    if (row) return row.ino === ino;
    const file = files.byIno(ino);
    if (file) this.#editor.addTrackName(this.view, parentIno, name, file, false);
    else this.#editor.addName(this.view, parentIno, name, ino);
    return true;
  }

  /**
   * Makes a symbolic link; see `TreeTable.insertLink` for what `target` may be. Another target is another link:
   * take the name away first.
   *
   * @returns whether it was made; `false` when something has the name.
   */
  addLink(parentIno: number, name: string, target: string): boolean {
    if (this.#catalogue.tree.child(parentIno, name)) return false;
    this.#editor.addLink(this.view, parentIno, name, target);
    return true;
  }

  /**
   * Takes a name away, a directory with all of this branch's that is in it, and the directories that become
   * empty. What others have in such a directory stays, and the directory with it.
   *
   * @returns whether the name was there and is gone.
   */
  remove(parentIno: number, name: string): boolean {
    const row = this.#catalogue.tree.child(parentIno, name);
    return row?.view === this.view && this.#remove(row);
  }

  /** Takes away all that this branch has in a directory. */
  clear(ino: number): void {
    for (const row of this.#catalogue.tree.childrenOf(ino)) if (row.view === this.view) this.#remove(row);
  }

  /** Notes that what a name stands for shows another content now. */
  touch(parentIno: number, name: string): void {
    const row = this.#catalogue.tree.child(parentIno, name);
    if (row) this.#editor.touchName(row);
  }

  #remove(row: NameRow): boolean {
    const { tree, files } = this.#catalogue;
    if (tree.isDirectory(row.ino)) {
      this.clear(row.ino);
      this.#editor.removeEmpty(row.ino);
      return tree.child(row.parentIno, row.name) === undefined;
    }
    const file = files.byIno(row.ino);
    if (file) {
      this.#editor.removeTrackName(row, file);
      this.#editor.removeEmpty(row.parentIno);
    } else {
      this.#editor.removeName(row);
    }
    return true;
  }
}
