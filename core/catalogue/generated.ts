import type { Database, Statement } from "better-sqlite3";
import { NODE_KIND } from "./schema.js";

/** Where a generated file lies: among what can be made again, what can't, or the covers in other sizes. */
export type GeneratedPlace = "cache" | "state" | "covers";

/** A file node whose bytes MusicFS made itself. */
export interface GeneratedRow {
  readonly ino: number;
  /** Name of what makes it. */
  readonly maker: string;
  /** What it is of, in the maker's words; unique for each maker, and the same for all its versions. */
  readonly subject: string;
  /** What the present version is made from, in the maker's words. */
  readonly recipe: string;
  readonly place: GeneratedPlace;
  /** Below the folder of its place; another one for each version. */
  readonly path: string;
  /** SHA-256 of the bytes, once they have been made. */
  readonly hash: string | null;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly revision: number;
}

/** A version to be shown: everything but its numbers. */
export type GeneratedVersion = Omit<GeneratedRow, "ino" | "revision">;

type GeneratedTuple = [
  ino: number,
  maker: string,
  subject: string,
  recipe: string,
  place: GeneratedPlace,
  path: string,
  hash: string | null,
  sizeBytes: number,
  mtimeMs: number,
  revision: number,
];

const COLUMNS =
  "g.ino, g.maker, g.subject, g.recipe, g.place, g.path, g.hash, n.size, n.mtime_ms, n.revision";

/** Generated files. All calls are synchronous; writing ones belong in a transaction. */
export class GeneratedTable {
  readonly #db: Database;
  readonly #byIno: Statement<[number], GeneratedTuple>;
  readonly #bySubject: Statement<[string, string], GeneratedTuple>;
  readonly #hasPath: Statement<[GeneratedPlace, string], number>;
  readonly #insertNode: Statement;
  readonly #insert: Statement;
  readonly #updateNode: Statement;
  readonly #update: Statement;
  readonly #setHash: Statement;
  readonly #delete: Statement;
  readonly #deleteNode: Statement;
  readonly #unnamed: Statement<[number, number], GeneratedTuple>;

  constructor(db: Database) {
    this.#db = db;
    const select = `SELECT ${COLUMNS} FROM generated g CROSS JOIN nodes n ON n.ino = g.ino`;
    this.#byIno = db.prepare<[number], GeneratedTuple>(`${select} WHERE g.ino = ?`).raw();
    this.#bySubject = db
      .prepare<[string, string], GeneratedTuple>(`${select} WHERE g.maker = ? AND g.subject = ?`)
      .raw();
    this.#hasPath = db
      .prepare<[GeneratedPlace, string], number>("SELECT 1 FROM generated WHERE place = ? AND path = ?")
      .pluck();
    this.#insertNode = db.prepare(
      `INSERT INTO nodes (kind, size, mtime_ms, revision, file) VALUES (${NODE_KIND.file}, ?, ?, 0, NULL)`,
    );
    this.#insert = db.prepare(
      "INSERT INTO generated (ino, maker, subject, recipe, place, path, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
    );
    // 16 bits, as a mount driver has room for.
    this.#updateNode = db.prepare(
      "UPDATE nodes SET size = ?, mtime_ms = ?, revision = (revision + 1) & 65535 WHERE ino = ?",
    );
    this.#update = db.prepare("UPDATE generated SET recipe = ?, place = ?, path = ?, hash = ? WHERE ino = ?");
    this.#setHash = db.prepare("UPDATE generated SET hash = ? WHERE ino = ?");
    this.#delete = db.prepare("DELETE FROM generated WHERE ino = ?");
    this.#deleteNode = db.prepare("DELETE FROM nodes WHERE ino = ?");
    this.#unnamed = db
      .prepare<[number, number], GeneratedTuple>(
        `${select} WHERE g.ino <= ? AND NOT EXISTS (SELECT 1 FROM names d WHERE d.ino = g.ino) LIMIT ?`,
      )
      .raw();
  }

  byIno(ino: number): GeneratedRow | undefined {
    return rowOf(this.#byIno.get(ino));
  }

  bySubject(maker: string, subject: string): GeneratedRow | undefined {
    return rowOf(this.#bySubject.get(maker, subject));
  }

  /** Whether a row names this file of a place. */
  hasPath(place: GeneratedPlace, path: string): boolean {
    return this.#hasPath.get(place, path) === 1;
  }

  /** Adds a file without a name. @returns its inode. */
  insert(version: GeneratedVersion): number {
    const { maker, subject, recipe, place, path, hash, sizeBytes, mtimeMs } = version;
    const ino = Number(this.#insertNode.run(sizeBytes, mtimeMs).lastInsertRowid);
    this.#insert.run(ino, maker, subject, recipe, place, path, hash);
    return ino;
  }

  /** Notes another version: the inode gets a new revision. */
  update(ino: number, version: GeneratedVersion): void {
    const { recipe, place, path, hash, sizeBytes, mtimeMs } = version;
    this.#updateNode.run(sizeBytes, mtimeMs, ino);
    this.#update.run(recipe, place, path, hash, ino);
  }

  /** Notes what the bytes of the present version are. */
  setHash(ino: number, hash: string): void {
    this.#setHash.run(hash, ino);
  }

  /** Removes a file's inode; its names must have been removed before. */
  remove(ino: number): void {
    this.#delete.run(ino);
    this.#deleteNode.run(ino);
  }

  /** Files that no directory shows, of those up to inode `maxIno`. */
  unnamed(maxIno: number, limit: number): GeneratedRow[] {
    return this.#unnamed.all(maxIno, limit).map((row) => rowOf(row) as GeneratedRow);
  }

  /** Greatest inode of a generated file, 0 when there is none. */
  maxIno(): number {
    return (this.#db.prepare("SELECT max(ino) FROM generated").pluck().get() as number | null) ?? 0;
  }
}

function rowOf(tuple: GeneratedTuple | undefined): GeneratedRow | undefined {
  if (!tuple) return undefined;
  const [ino, maker, subject, recipe, place, path, hash, sizeBytes, mtimeMs, revision] = tuple;
  return { ino, maker, subject, recipe, place, path, hash, sizeBytes, mtimeMs, revision };
}
