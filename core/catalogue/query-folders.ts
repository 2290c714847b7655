import type { Database, Statement } from "better-sqlite3";
import { ROOT_INO } from "../model/entry.js";
import type { NameRow, TreeTable } from "./tree.js";

/** The name of the directory at the root whose names are queries. */
const ROOT_NAME = ".search";
/** Parent of names that are kept and not shown: no directory has this inode. */
const PARKED_INO = 0;

/** Something in a query's folder: a link to a track, or a note that another node stands for. */
export type QueryEntry = { readonly target: string } | { readonly noteIno: number };

/**
 * The folders of queries: directories under names that no listing shows. One that is parked is found by no lookup
 * and keeps its inode, so that it can be shown again with other content. Belongs in a transaction of the catalogue.
 */
export class QueryFolderTable {
  readonly #tree: TreeTable;
  readonly #move: Statement<[number, number, string]>;
  readonly #moveAll: Statement<[number, number]>;
  readonly #target: Statement<[number], string>;

  constructor(db: Database, tree: TreeTable) {
    this.#tree = tree;
    this.#move = db.prepare("UPDATE names SET parent = ? WHERE parent = ? AND name = ?");
    this.#moveAll = db.prepare("UPDATE names SET parent = ? WHERE parent = ? AND cookie < 0");
    this.#target = db.prepare<[number], string>("SELECT target FROM links WHERE ino = ?").pluck();
  }

  /** The directory of all queries, made where it is missing. @returns its inode. */
  openRoot(nowMs: number): number {
    const row = this.#tree.child(ROOT_INO, ROOT_NAME);
    return row?.ino ?? this.#tree.insertUnlistedDirectory(ROOT_INO, ROOT_NAME, nowMs);
  }

  /** Removes the directory of all queries and what is in it: nobody searches any more. */
  removeAll(nowMs: number): void {
    const root = this.#tree.child(ROOT_INO, ROOT_NAME);
    if (!root) return;
    this.parkAll(root.ino);
    for (const name of this.parked()) this.remove(name, nowMs);
    for (const row of this.#tree.childrenOf(root.ino)) this.#removeEntry(row, nowMs);
    this.#tree.removeName(root, nowMs);
    this.#tree.removeNode(root.ino);
  }

  /** Makes an empty folder, parked, in place of one that an earlier run left. @returns its inode. */
  add(name: string, nowMs: number): number {
    this.remove(name, nowMs);
    return this.#tree.insertUnlistedDirectory(PARKED_INO, name, nowMs);
  }

  show(rootIno: number, name: string): void {
    this.#move.run(rootIno, PARKED_INO, name);
  }

  park(rootIno: number, name: string): void {
    this.#move.run(PARKED_INO, rootIno, name);
  }

  parkAll(rootIno: number): void {
    this.#moveAll.run(PARKED_INO, rootIno);
  }

  /** Names of parked folders. */
  parked(): string[] {
    return this.#tree.childrenOf(PARKED_INO).map(({ name }) => name);
  }

  /**
   * Makes a folder hold these entries and no others, by `most` changes at most.
   *
   * @returns the names that came, went, or stand for something else now: fewer than `most` when nothing is left to do.
   */
  fill(
    ino: number,
    entries: ReadonlyMap<string, QueryEntry>,
    view: number,
    nowMs: number,
    most = Number.POSITIVE_INFINITY,
  ): string[] {
    const changed: string[] = [];
    const kept = new Set<string>();
    for (const row of this.#tree.childrenOf(ino)) {
      const entry = entries.get(row.name);
      if (entry && this.#isAt(row.ino, entry)) {
        kept.add(row.name);
      } else if (changed.length < most) {
        this.#removeEntry(row, nowMs);
        changed.push(row.name);
      }
    }
    for (const [name, entry] of entries) {
      if (changed.length >= most) break;
      if (kept.has(name)) continue;
      if ("target" in entry) this.#tree.insertLink(ino, name, entry.target, nowMs, view);
      else this.#tree.insertName(ino, name, entry.noteIno, false, nowMs, view);
      changed.push(name);
    }
    return changed;
  }

  /** Removes a parked folder with what is in it. */
  remove(name: string, nowMs: number): void {
    const row = this.#tree.child(PARKED_INO, name);
    if (!row) return;
    for (const entry of this.#tree.childrenOf(row.ino)) this.#removeEntry(entry, nowMs);
    this.#tree.removeName(row, nowMs);
    this.#tree.removeNode(row.ino);
  }

  #isAt(ino: number, entry: QueryEntry): boolean {
    return "target" in entry ? this.#target.get(ino) === entry.target : entry.noteIno === ino;
  }

  #removeEntry(row: NameRow, nowMs: number): void {
    this.#tree.removeName(row, nowMs);
    if (this.#tree.isLink(row.ino)) this.#tree.removeNode(row.ino);
  }
}
