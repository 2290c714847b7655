import { setImmediate as nextTurn } from "node:timers/promises";
import type { Database, Statement } from "better-sqlite3";
import { ROOT_INO } from "../model/entry.js";
import { LINK_MAX_BYTES } from "../vfs/limits.js";
import { NODE_KIND, ROOT_VIEW } from "./schema.js";

/** Cookies whose names are counted in one go: a few milliseconds. */
const COUNTED_AT_ONCE = 8192;

/** A name in a directory. */
export interface NameRow {
  readonly cookie: number;
  readonly parentIno: number;
  readonly name: string;
  readonly ino: number;
  /** Whether the name carries a suffix because another file had it. */
  readonly collided: boolean;
  /** Number of the view that it belongs to; of a directory, the one that made it. */
  readonly view: number;
}

type NameTuple = [number, number, string, number, number, number];

const NAME_COLUMNS = "cookie, parent, name, ino, collided, view";

/** Directories and names. All calls are synchronous; writing ones belong in a transaction. */
export class TreeTable {
  readonly #child: Statement<[number, string], NameTuple>;
  readonly #children: Statement<[number], NameTuple>;
  readonly #db: Database;
  readonly #childByFold: Statement<[number, string], NameTuple>;
  #fold: ((name: string) => string) | undefined;
  readonly #childrenUpTo: Statement<[number, number], NameTuple>;
  readonly #namesOf: Statement<[number], NameTuple>;
  readonly #isEmpty: Statement<[number], number>;
  readonly #hasName: Statement<[number], number>;
  readonly #count: Statement<[number, number, number], [number, number]>;
  readonly #maxCookie: Statement<[], number>;
  readonly #namesOfView: Statement<[number, number, number], NameTuple>;
  readonly #unlistedOf: Statement<[number], NameTuple>;
  readonly #kind: Statement<[number], number>;
  readonly #insertDirectory: Statement;
  readonly #insertName: Statement;
  readonly #insertUnlisted: Statement;
  readonly #insertLink: Statement;
  readonly #insertTarget: Statement;
  readonly #deleteTarget: Statement;
  readonly #deleteName: Statement;
  readonly #deleteNode: Statement;
  readonly #touch: Statement;
  readonly #collisions: Statement<[number], NameTuple>;

  constructor(db: Database) {
    this.#db = db;
    const select = `SELECT ${NAME_COLUMNS} FROM names`;
    this.#child = db.prepare<[number, string], NameTuple>(`${select} WHERE parent = ? AND name = ?`).raw();
    this.#children = db.prepare<[number], NameTuple>(`${select} WHERE parent = ?`).raw();
    this.#childByFold = db
      .prepare<[number, string], NameTuple>(
        `${select} WHERE parent = ? AND fold = ? AND fold IS NOT NULL LIMIT 1`,
      )
      .raw();
    this.#childrenUpTo = db
      .prepare<[number, number], NameTuple>(`${select} WHERE parent = ? LIMIT ? + 0`)
      .raw();
    this.#namesOf = db.prepare<[number], NameTuple>(`${select} WHERE ino = ? ORDER BY cookie`).raw();
    this.#isEmpty = db
      .prepare<[number], number>("SELECT NOT EXISTS (SELECT 1 FROM names WHERE parent = ?)")
      .pluck();
    this.#hasName = db.prepare<[number], number>("SELECT EXISTS (SELECT 1 FROM names WHERE ino = ?)").pluck();
    this.#count = db
      .prepare<[number, number, number], [number, number]>(
        `SELECT count(*), coalesce(sum(d.collided), 0) FROM names d CROSS JOIN nodes n ON n.ino = d.ino
         WHERE d.view = ? AND d.cookie > ? AND d.cookie <= ? AND n.file IS NOT NULL`,
      )
      .raw();
    this.#maxCookie = db.prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'names'").pluck();
    this.#namesOfView = db
      .prepare<[number, number, number], NameTuple>(
        `${select} WHERE view = ? AND cookie > ? AND cookie <= ? ORDER BY cookie DESC`,
      )
      .raw();
    this.#unlistedOf = db
      .prepare<[number], NameTuple>(`${select} WHERE cookie < 0 AND view = ? ORDER BY cookie`)
      .raw();
    this.#kind = db.prepare<[number], number>("SELECT kind FROM nodes WHERE ino = ?").pluck();
    this.#insertDirectory = db.prepare(
      `INSERT INTO nodes (kind, size, mtime_ms, revision, file) VALUES (${NODE_KIND.directory}, 0, ?, 0, NULL)`,
    );
    this.#insertName = db.prepare(
      "INSERT INTO names (parent, name, ino, collided, view, fold) VALUES (?, ?, ?, ?, ?, ?)",
    );
    this.#insertLink = db.prepare(
      `INSERT INTO nodes (kind, size, mtime_ms, revision, file) VALUES (${NODE_KIND.link}, ?, ?, 0, NULL)`,
    );
    this.#insertTarget = db.prepare("INSERT INTO links (ino, target) VALUES (?, ?)");
    this.#deleteTarget = db.prepare("DELETE FROM links WHERE ino = ?");
    this.#insertUnlisted = db.prepare(
      `INSERT INTO names (cookie, parent, name, ino, collided, view)
       VALUES ((SELECT coalesce(min(cookie, 0), 0) - 1 FROM (SELECT min(cookie) AS cookie FROM names)), ?, ?, ?, 0, ?)`,
    );
    this.#deleteName = db.prepare("DELETE FROM names WHERE cookie = ?");
    this.#deleteNode = db.prepare("DELETE FROM nodes WHERE ino = ?");
    this.#touch = db.prepare("UPDATE nodes SET mtime_ms = ? WHERE ino = ?");
    this.#collisions = db
      .prepare<[number], NameTuple>(`${select} WHERE collided = 1 ORDER BY parent, name LIMIT ?`)
      .raw();
    db.prepare("INSERT OR IGNORE INTO nodes VALUES (?, ?, 0, ?, 0, NULL)").run(
      ROOT_INO,
      NODE_KIND.directory,
      Date.now(),
    );
  }

  /** Has names that differ in nothing but case taken for one from now on; see {@link foldAll} for those that are there. */
  set fold(fold: (name: string) => string) {
    this.#fold = fold;
  }

  child(parentIno: number, name: string): NameRow | undefined {
    const exact = nameOf(this.#child.get(parentIno, name));
    return exact ?? (this.#fold && nameOf(this.#childByFold.get(parentIno, this.#fold(name))));
  }

  /** Folds names of before, by cookie, after `cookie`. @returns the last cookie; `undefined` when there are no more. */
  foldAll(cookie: number, limit: number): number | undefined {
    const rows = this.#db
      .prepare<[number, number], NameTuple>(
        `SELECT ${NAME_COLUMNS} FROM names WHERE cookie > ? ORDER BY cookie LIMIT ?`,
      )
      .raw()
      .all(cookie, limit);
    const save = this.#db.prepare("UPDATE names SET fold = ? WHERE cookie = ?");
    for (const [each, , name] of rows) save.run(this.#fold?.(name) ?? null, each);
    return rows.at(-1)?.[0];
  }

  /** Every name in a directory. */
  childrenOf(ino: number): NameRow[] {
    return this.#children.all(ino).map((row) => nameOf(row) as NameRow);
  }

  /** Names in a directory, `limit` of them at most. */
  childrenUpTo(ino: number, limit: number): NameRow[] {
    return this.#childrenUpTo.all(ino, limit).map((row) => nameOf(row) as NameRow);
  }

  /** Every name that an inode has, the oldest first. */
  namesOf(ino: number): NameRow[] {
    return this.#namesOf.all(ino).map((row) => nameOf(row) as NameRow);
  }

  /** Whether an inode has any name. */
  hasName(ino: number): boolean {
    return this.#hasName.get(ino) === 1;
  }

  /** Names of a view whose cookies are above `after` and at most `to`, the newest first. */
  namesOfView(view: number, after: number, to: number): NameRow[] {
    return this.#namesOfView.all(view, after, to).map((row) => nameOf(row) as NameRow);
  }

  /** Counts a view's names of files, and those among them that carry a suffix; in pieces. @throws `signal.reason` */
  async countNames(view: number, signal: AbortSignal): Promise<{ names: number; collisions: number }> {
    const total = { names: 0, collisions: 0 };
    const max = this.maxCookie();
    for (let after = 0; after < max; after += COUNTED_AT_ONCE) {
      const [names, collisions] = this.#count.get(view, after, after + COUNTED_AT_ONCE) ?? [0, 0];
      total.names += names;
      total.collisions += collisions;
      await nextTurn();
      signal.throwIfAborted();
    }
    return total;
  }

  /** The greatest cookie that was ever given. */
  maxCookie(): number {
    return this.#maxCookie.get() ?? 0;
  }

  isDirectory(ino: number): boolean {
    return this.#kind.get(ino) === NODE_KIND.directory;
  }

  isLink(ino: number): boolean {
    return this.#kind.get(ino) === NODE_KIND.link;
  }

  isEmpty(ino: number): boolean {
    return this.#isEmpty.get(ino) === 1;
  }

  /** @returns the inode of the new directory. */
  insertDirectory(parentIno: number, name: string, nowMs: number, view = ROOT_VIEW): number {
    const ino = Number(this.#insertDirectory.run(nowMs).lastInsertRowid);
    this.insertName(parentIno, name, ino, false, nowMs, view);
    return ino;
  }

  /** As {@link insertDirectory}, under a name that lookups find and no listing shows. */
  insertUnlistedDirectory(parentIno: number, name: string, nowMs: number, view = ROOT_VIEW): number {
    const ino = Number(this.#insertDirectory.run(nowMs).lastInsertRowid);
    this.insertUnlistedName(parentIno, name, ino, view);
    return ino;
  }

  /**
   * Makes a symbolic link. What it leads to is never looked at; it stays the same for as long as the link exists.
   *
   * @param target up to {@link LINK_MAX_BYTES}; relative, so that it holds at every mountpoint and in containers.
   * @returns the inode of the new link.
   * @throws RangeError for a target that is empty, too long or has a NUL in it.
   */
  insertLink(parentIno: number, name: string, target: string, nowMs: number, view = ROOT_VIEW): number {
    const lengthBytes = Buffer.byteLength(target);
    if (lengthBytes === 0 || lengthBytes > LINK_MAX_BYTES || target.includes("\0")) {
      throw new RangeError(`a link cannot lead to a target of ${lengthBytes} bytes`);
    }
    const ino = Number(this.#insertLink.run(lengthBytes, nowMs).lastInsertRowid);
    this.#insertTarget.run(ino, target);
    this.insertName(parentIno, name, ino, false, nowMs, view);
    return ino;
  }

  /** @returns the cookie of the new name. */
  insertName(
    parentIno: number,
    name: string,
    ino: number,
    collided: boolean,
    nowMs: number,
    view = ROOT_VIEW,
  ): number {
    const cookie = Number(
      this.#insertName.run(parentIno, name, ino, collided ? 1 : 0, view, this.#fold?.(name) ?? null)
        .lastInsertRowid,
    );
    this.#touch.run(nowMs, parentIno);
    return cookie;
  }

  /** Adds a name that lookups find and no listing shows: its cookie is negative, and listings start at 0. */
  insertUnlistedName(parentIno: number, name: string, ino: number, view = ROOT_VIEW): void {
    this.#insertUnlisted.run(parentIno, name, ino, view);
  }

  /** Names of a view that no listing shows. */
  unlistedOf(view: number): NameRow[] {
    return this.#unlistedOf.all(view).map((row) => nameOf(row) as NameRow);
  }

  removeName(row: NameRow, nowMs: number): void {
    this.#deleteName.run(row.cookie);
    this.#touch.run(nowMs, row.parentIno);
  }

  /** Removes an inode that is no file's; its names must have been removed before, and what is in it. */
  removeNode(ino: number): void {
    this.#deleteTarget.run(ino);
    this.#deleteNode.run(ino);
  }

  /** Path of an inode by its oldest name, with a leading `/`; `undefined` when it has none. */
  pathOf(ino: number): string | undefined {
    const segments: string[] = [];
    for (let at = ino; at !== ROOT_INO; ) {
      const row = nameOf(this.#namesOf.get(at));
      if (!row) return undefined;
      segments.push(row.name);
      at = row.parentIno;
    }
    return `/${segments.reverse().join("/")}`;
  }

  /** As {@link pathOf}, by the oldest name that the inode has in one view. */
  pathIn(view: number, ino: number): string | undefined {
    const row = this.namesOf(ino).find((name) => name.view === view);
    const parent = row && this.pathOf(row.parentIno);
    return row && parent !== undefined ? `${parent === "/" ? "" : parent}/${row.name}` : undefined;
  }

  /** Names that carry a suffix, by directory and name. */
  collisions(limit: number): NameRow[] {
    return this.#collisions.all(limit).map((row) => nameOf(row) as NameRow);
  }
}

function nameOf(row: NameTuple | undefined): NameRow | undefined {
  if (!row) return undefined;
  const [cookie, parentIno, name, ino, collided, view] = row;
  return { cookie, parentIno, name, ino, collided: collided === 1, view };
}
