import type { Database, Statement } from "better-sqlite3";

/** A file by its place in its origin. */
export interface PinnedPlace {
  readonly originId: string;
  readonly path: string;
}

type PlaceTuple = [originId: string, path: string];

/**
 * Files that are to stay in the cache. They are a user's decision, so they are kept here and not in the cache; a pin
 * belongs to a file in all its versions, and goes with it.
 */
export class PinTable {
  readonly #add: Statement<PlaceTuple>;
  readonly #remove: Statement<PlaceTuple>;
  readonly #has: Statement<PlaceTuple, number>;
  readonly #page: Statement<[string, string, number], PlaceTuple>;
  readonly #db: Database;

  constructor(db: Database) {
    const file =
      "SELECT f.id FROM files f JOIN origins o ON o.number = f.origin WHERE o.id = ? AND f.path = ?";
    this.#db = db;
    this.#add = db.prepare<PlaceTuple>(`INSERT OR IGNORE INTO pins (file) ${file}`);
    this.#remove = db.prepare<PlaceTuple>(`DELETE FROM pins WHERE file = (${file})`);
    this.#has = db.prepare<PlaceTuple, number>(`SELECT 1 FROM pins WHERE file = (${file})`).pluck();
    this.#page = db
      .prepare<[string, string, number], PlaceTuple>(
        `SELECT o.id, f.path FROM pins p JOIN files f ON f.id = p.file JOIN origins o ON o.number = f.origin
         WHERE (o.id, f.path) > (?, ?) ORDER BY o.id, f.path LIMIT ?`,
      )
      .raw();
  }

  /** @returns whether the file is known, and was not pinned before. */
  add({ originId, path }: PinnedPlace): boolean {
    return this.#add.run(originId, path).changes > 0;
  }

  /** @returns whether it was pinned before. */
  remove({ originId, path }: PinnedPlace): boolean {
    return this.#remove.run(originId, path).changes > 0;
  }

  has({ originId, path }: PinnedPlace): boolean {
    return this.#has.get(originId, path) === 1;
  }

  count(): number {
    return this.#db.prepare("SELECT count(*) FROM pins").pluck().get() as number;
  }

  /** Pinned files by origin and path, after a place. */
  after(place: PinnedPlace | undefined, limit: number): PinnedPlace[] {
    const rows = this.#page.all(place?.originId ?? "", place?.path ?? "", limit);
    return rows.map(([originId, path]) => ({ originId, path }));
  }
}
