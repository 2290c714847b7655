import type { Database, Statement } from "better-sqlite3";

/** Whose names some of the tree's names are. */
export interface ViewRow {
  readonly number: number;
  /** The path of its root (`/`, `/By Genre`), or any other text for who has names in directories of others. */
  readonly key: string;
  /** Names the layout that its names were made by; `undefined` until they all were. */
  readonly madeBy: string | undefined;
}

/** The views. All calls are synchronous; writing ones belong in a transaction. */
export class ViewTable {
  readonly #db: Database;
  readonly #byKey: Statement<[string], { number: number; key: string; madeBy: string | null }>;

  constructor(db: Database) {
    this.#db = db;
    this.#byKey = db.prepare("SELECT number, key, made_by AS madeBy FROM views WHERE key = ?");
  }

  /** The view that goes by `key`; made at its first call, and kept. */
  open(key: string): ViewRow {
    this.#db.prepare("INSERT OR IGNORE INTO views (key) VALUES (?)").run(key);
    const row = this.#byKey.get(key);
    if (!row) throw new Error(`no view '${key}'`);
    return { ...row, madeBy: row.madeBy ?? undefined };
  }

  all(): { readonly number: number; readonly key: string }[] {
    return this.#db
      .prepare<[], { number: number; key: string }>("SELECT number, key FROM views ORDER BY number")
      .all();
  }

  setMadeBy(number: number, fingerprint: string): void {
    this.#db.prepare("UPDATE views SET made_by = ? WHERE number = ?").run(fingerprint, number);
  }

  /** Forgets a view; its names must have been removed before. */
  remove(number: number): void {
    this.#db.prepare("DELETE FROM views WHERE number = ?").run(number);
  }
}
