import type { Database, Statement } from "better-sqlite3";
import { albumFolderOf } from "./album-folder.js";
import { FILE_KIND, FILE_STATE } from "./schema.js";

/** What was done with a folder's tracks the last time: a digest of what they told of each other. */
export interface AlbumRow {
  readonly id: number;
  readonly originNumber: number;
  /** Of the folder in its origin. */
  readonly path: string;
  readonly digest: string | null;
}

/** Numbers of folders that are looked up again at once: a listing goes folder by folder. */
const IDS_KEPT = 64;

/**
 * Folders of albums. What is shown of a track depends on the others in its folder, so every change of a file
 * makes its folder one that is to be looked at. Synchronous; writing calls belong in a transaction.
 */
export class AlbumTable {
  readonly #find: Statement<[number, string], number>;
  readonly #insert: Statement;
  readonly #byId: Statement<[number], AlbumRow>;
  readonly #markTouched: Statement;
  readonly #settle: Statement;
  readonly #delete: Statement;
  readonly #size: Statement<[number, number], number>;
  readonly #hasUnread: Statement<[number], number>;
  readonly #isEmpty: Statement<[number], number>;
  readonly #hasBeside: Statement<[number], number>;
  readonly #allTouched: Statement<[], number>;
  readonly #ids = new Map<string, number>();
  /** Those to be looked at: a copy of what the table says. */
  #touched: Set<number>;

  constructor(db: Database) {
    this.#isEmpty = db
      .prepare<[number], number>("SELECT NOT EXISTS (SELECT 1 FROM files WHERE album = ?)")
      .pluck();
    this.#hasBeside = db
      .prepare<[number], number>(
        `SELECT EXISTS (SELECT 1 FROM files WHERE album = ? AND kind = ${FILE_KIND.beside})`,
      )
      .pluck();
    this.#find = db
      .prepare<[number, string], number>("SELECT id FROM albums WHERE origin = ? AND path = ?")
      .pluck();
    this.#insert = db.prepare("INSERT INTO albums (origin, path, touched) VALUES (?, ?, 1)");
    this.#byId = db.prepare<[number], AlbumRow>(
      "SELECT id, origin AS originNumber, path, digest FROM albums WHERE id = ?",
    );
    this.#markTouched = db.prepare("UPDATE albums SET touched = 1 WHERE id = ?");
    this.#settle = db.prepare("UPDATE albums SET touched = 0, digest = ? WHERE id = ?");
    this.#delete = db.prepare("DELETE FROM albums WHERE id = ?");
    this.#size = db
      .prepare<[number, number], number>(
        `SELECT count(*) FROM (SELECT 1 FROM files WHERE album = ? AND kind = ${FILE_KIND.track} LIMIT ?)`,
      )
      .pluck();
    this.#hasUnread = db
      .prepare<[number], number>(
        `SELECT EXISTS (SELECT 1 FROM files WHERE album = ? AND kind = ${FILE_KIND.track} AND state = ${FILE_STATE.listed})`,
      )
      .pluck();
    this.#allTouched = db.prepare<[], number>("SELECT id FROM albums WHERE touched = 1").pluck();
    this.#touched = new Set(this.#allTouched.all());
  }

  /** The folder of the album that a file belongs to; made at its first call. */
  idOf(originNumber: number, filePath: string): number {
    const path = albumFolderOf(filePath);
    const key = `${originNumber}:${path}`;
    const kept = this.#ids.get(key);
    if (kept !== undefined) return kept;
    const id =
      this.#find.get(originNumber, path) ?? Number(this.#insert.run(originNumber, path).lastInsertRowid);
    if (this.#ids.size >= IDS_KEPT) this.#ids.clear();
    this.#ids.set(key, id);
    return id;
  }

  byId(id: number): AlbumRow | undefined {
    return this.#byId.get(id);
  }

  /** Notes that a file of the folder came, went or changed. */
  touch(id: number): void {
    if (this.#touched.has(id)) return;
    this.#touched.add(id);
    this.#markTouched.run(id);
  }

  /** Folders that are to be looked at, those of this moment. */
  touched(): number[] {
    return [...this.#touched];
  }

  /** Whether a folder is to be looked at. */
  isTouched(id: number): boolean {
    return this.#touched.has(id);
  }

  /** A look at a folder begins: what changes in it from now on counts anew. */
  begin(id: number): void {
    this.#touched.delete(id);
  }

  /** Notes that a folder has been looked at; unless something changed in it meanwhile, that is done. */
  settle(id: number, digest: string): void {
    if (!this.#touched.has(id)) this.#settle.run(digest, id);
  }

  /** Forgets a folder without files. */
  remove(id: number): void {
    this.#touched.delete(id);
    this.#ids.clear();
    this.#delete.run(id);
  }

  /** Tracks in the folder, counted up to `limit`. */
  size(id: number, limit: number): number {
    return this.#size.get(id, limit) ?? 0;
  }

  /** Whether the folder holds any file at all. */
  isEmpty(id: number): boolean {
    return this.#isEmpty.get(id) === 1;
  }

  /** Whether anything lies in the folder beside its tracks. */
  hasBeside(id: number): boolean {
    return this.#hasBeside.get(id) === 1;
  }

  /** Whether the tags of a track in the folder are still to be read. */
  hasUnread(id: number): boolean {
    return this.#hasUnread.get(id) === 1;
  }

  /** Forgets what is kept in memory: a transaction was undone. */
  forget(): void {
    this.#ids.clear();
    this.#touched = new Set(this.#allTouched.all());
  }
}
