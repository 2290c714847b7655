import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileRow } from "../catalogue/files.js";
import { FILE_KIND } from "../catalogue/schema.js";
import type { NameRow } from "../catalogue/tree.js";
import { type EntryChange, ROOT_INO } from "../model/entry.js";

/** What happened to a name. */
export interface NameChange extends EntryChange {
  readonly kind: "added" | "changed" | "removed";
  /** Path of a track from the root, where somebody wants to know it. */
  readonly path?: string;
}

export interface TreeEditorOptions {
  readonly catalogue: Catalogue;
  /** Whether changes of tracks shall carry paths. */
  readonly wantsPaths: () => boolean;
}

/**
 * Adds names to the tree and takes them out of it, keeps the totals, and notes what a kernel must forget.
 * All that changes the tree does it through one editor, inside a transaction of the catalogue.
 *
 * Directories that become empty are removed, whoever made them, up to one that is kept.
 */
export class TreeEditor {
  readonly #catalogue: Catalogue;
  readonly #wantsPaths: () => boolean;
  readonly #kept = new Set([ROOT_INO]);
  /** Directories in which tracks came or went. */
  #directories = new Set<number>();
  #listener: ((directories: ReadonlySet<number>) => void) | undefined;
  #changes: NameChange[] = [];

  constructor({ catalogue, wantsPaths }: TreeEditorOptions) {
    this.#catalogue = catalogue;
    this.#wantsPaths = wantsPaths;
  }

  /** Lets a directory stay when it is empty, for this run of the daemon. */
  keep(ino: number): void {
    this.#kept.add(ino);
  }

  /** Undoes {@link keep}, and removes the directory when it is empty. */
  release(ino: number): void {
    if (ino === ROOT_INO) return;
    this.#kept.delete(ino);
    this.removeEmpty(ino);
  }

  addDirectory(view: number, parentIno: number, name: string): number {
    const ino = this.#catalogue.tree.insertDirectory(parentIno, name, Date.now(), view);
    this.#catalogue.count({ directories: 1 });
    this.#note(parentIno, name, "added");
    return ino;
  }

  /** As {@link addDirectory}, under a name that lookups find and no listing shows. */
  addUnlistedDirectory(view: number, parentIno: number, name: string): number {
    const ino = this.#catalogue.tree.insertUnlistedDirectory(parentIno, name, Date.now(), view);
    this.#catalogue.count({ directories: 1 });
    this.#note(parentIno, name, "added");
    return ino;
  }

  /** Gives a directory another name in its place. */
  renameDirectory(row: NameRow, name: string): void {
    const { parentIno, ino, view } = row;
    this.#catalogue.tree.removeName(row, Date.now());
    this.#note(parentIno, row.name, "removed");
    this.addName(view, parentIno, name, ino);
  }

  /** Gives an inode that is no track a name. @returns the name's cookie. */
  addName(view: number, parentIno: number, name: string, ino: number): number {
    const cookie = this.#catalogue.tree.insertName(parentIno, name, ino, false, Date.now(), view);
    this.#note(parentIno, name, "added");
    return cookie;
  }

  addLink(view: number, parentIno: number, name: string, target: string): void {
    this.#catalogue.tree.insertLink(parentIno, name, target, Date.now(), view);
    this.#note(parentIno, name, "added");
  }

  /** Takes away a name that is no track's, with the inode if that is a link, and the directories that become empty. */
  removeName(row: NameRow): void {
    const { tree } = this.#catalogue;
    tree.removeName(row, Date.now());
    if (tree.isLink(row.ino)) tree.removeNode(row.ino);
    this.#note(row.parentIno, row.name, "removed");
    this.removeEmpty(row.parentIno);
  }

  /** Gives a track a name; a track that has several is counted once. @returns the name's cookie. */
  addTrackName(view: number, parentIno: number, name: string, file: FileRow, collided: boolean): number {
    const { tree } = this.#catalogue;
    if (!tree.hasName(file.ino)) this.#count(file, 1);
    const cookie = tree.insertName(parentIno, name, file.ino, collided, Date.now(), view);
    this.#noteTrack(file, parentIno, name, "added");
    return cookie;
  }

  /** Takes away one name of a track. The directory stays even when it is empty: see {@link removeEmpty}. */
  removeTrackName(row: NameRow, file: FileRow): void {
    const { tree } = this.#catalogue;
    tree.removeName(row, Date.now());
    if (!tree.hasName(file.ino)) this.#count(file, -1);
    this.#noteTrack(file, row.parentIno, row.name, "removed");
  }

  /** Takes a track out of every view, with the directories that become empty. */
  removeTrack(file: FileRow): void {
    for (const row of this.#catalogue.tree.namesOf(file.ino)) {
      this.removeTrackName(row, file);
      this.removeEmpty(row.parentIno);
    }
  }

  /** Notes that a track's content changed from what `file` says, so that its names stand for another revision. */
  touchTrack(file: FileRow, sizeBytes: number): void {
    const names = this.#catalogue.tree.namesOf(file.ino);
    const isCounted = names.length > 0 && file.kind === FILE_KIND.track;
    if (isCounted) this.#catalogue.count({ bytes: sizeBytes - file.sizeBytes });
    for (const row of names) this.#noteTrack(file, row.parentIno, row.name, "changed");
  }

  /** Notes that what a name stands for shows another content. */
  touchName(row: NameRow): void {
    this.#note(row.parentIno, row.name, "changed");
  }

  /** Removes a directory when it is empty and not kept, and then those above it likewise. */
  removeEmpty(ino: number): void {
    const { tree } = this.#catalogue;
    for (let at = ino; !this.#kept.has(at) && tree.isEmpty(at); ) {
      const [row] = tree.namesOf(at);
      if (!row) return;
      tree.removeName(row, Date.now());
      tree.removeNode(at);
      this.#catalogue.count({ directories: -1 });
      this.#note(row.parentIno, row.name, "removed");
      at = row.parentIno;
    }
  }

  /** What changed since the last call. */
  takeChanges(): NameChange[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  /** Who is told, by {@link finish}, in which directories tracks came, went or changed. */
  onDirectories(listener: (directories: ReadonlySet<number>) => void): void {
    this.#listener = listener;
  }

  /** Notes the directories of a track as changed although its names are as they were. */
  touchDirectories(file: FileRow): void {
    for (const { parentIno } of this.#catalogue.tree.namesOf(file.ino)) this.#directories.add(parentIno);
  }

  /** Has what belongs to the changed directories follow; last in every transaction that placed or removed tracks. */
  finish(): void {
    const directories = this.#directories;
    if (directories.size === 0) return;
    this.#directories = new Set();
    this.#listener?.(directories);
  }

  // What lies beside a track has a name like one, and is none.
  #count({ kind, sizeBytes }: FileRow, times: 1 | -1): void {
    if (kind === FILE_KIND.track) this.#catalogue.count({ tracks: times, bytes: times * sizeBytes });
  }

  #noteTrack(file: FileRow, parentIno: number, name: string, kind: NameChange["kind"]): void {
    const isTrack = file.kind === FILE_KIND.track;
    if (isTrack) this.#directories.add(parentIno);
    if (!isTrack || !this.#wantsPaths()) {
      this.#note(parentIno, name, kind);
      return;
    }
    const parent = this.#catalogue.tree.pathOf(parentIno) ?? "/";
    this.#changes.push({ parentIno, name, kind, path: `${parent === "/" ? "" : parent}/${name}` });
  }

  #note(parentIno: number, name: string, kind: NameChange["kind"]): void {
    this.#changes.push({ parentIno, name, kind });
  }
}
