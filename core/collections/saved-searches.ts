import type { Database } from "better-sqlite3";

export interface SavedSearch {
  readonly name: string;
  readonly query: string;
}

/** The searches that somebody saved by a command. */
export class SavedSearches {
  readonly #db: Database;

  constructor(db: Database) {
    this.#db = db;
  }

  all(): SavedSearch[] {
    return this.#db.prepare<[], SavedSearch>("SELECT name, query FROM searches ORDER BY name").all();
  }

  save({ name, query }: SavedSearch): void {
    this.#db.prepare("INSERT OR REPLACE INTO searches (name, query) VALUES (?, ?)").run(name, query);
  }

  remove(name: string): void {
    this.#db.prepare("DELETE FROM searches WHERE name = ?").run(name);
  }
}
