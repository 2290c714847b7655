import type { Database, Statement } from "better-sqlite3";
import {
  type DocumentChanges,
  type IndexPosition,
  type IndexWriter,
  type SearchDocument,
  TEXT_FIELDS,
  yearWords,
} from "musicfs/search";

/** Words that are known to be in the vocabulary already; a set in memory saves most of the asking. */
const MAX_KNOWN = 200_000;

/** After so many documents in one commit the log is folded in at once: it holds each of their pages. */
const MANY = 5_000;

/** Writes an index of FTS5. A transaction is open from the first change to the commit. */
export class SqliteWriter implements IndexWriter {
  readonly #db: Database;
  readonly #put: Statement;
  readonly #delete: Statement;
  readonly #learn: Statement;
  readonly #known = new Set<string>();
  /** Whether the index may hold what is added; in a new one nothing need be replaced. */
  #mayHold: boolean;
  #tracks: number;
  #uncommitted = 0;

  constructor(db: Database) {
    this.#db = db;
    const columns = [...TEXT_FIELDS, "year"];
    this.#put = db.prepare(
      `INSERT INTO tracks (rowid, ${columns.join(", ")}) VALUES (?${", ?".repeat(columns.length)})`,
    );
    this.#delete = db.prepare("DELETE FROM tracks WHERE rowid = ?");
    this.#learn = db.prepare("INSERT OR IGNORE INTO vocabulary VALUES (?, ?, ?)");
    this.#tracks = (db.prepare("SELECT tracks FROM position").pluck().get() as number | undefined) ?? 0;
    this.#mayHold = db.prepare("SELECT EXISTS (SELECT 1 FROM tracks)").pluck().get() === 1;
  }

  position(): IndexPosition | undefined {
    return this.#db.prepare<[], IndexPosition>("SELECT identity, cursor FROM position").get();
  }

  clear(): void {
    this.#begin();
    this.#db.exec(
      "DELETE FROM position; DELETE FROM vocabulary; INSERT INTO tracks(tracks) VALUES ('delete-all')",
    );
    this.#known.clear();
    this.#mayHold = false;
    this.#tracks = 0;
  }

  apply({ documents, removedIds }: DocumentChanges): void {
    this.#begin();
    for (const id of removedIds) this.#tracks -= this.#delete.run(id).changes;
    this.#uncommitted += documents.length;
    for (const document of documents) {
      if (this.#mayHold) this.#tracks -= this.#delete.run(document.id).changes;
      this.#put.run(
        document.id,
        ...TEXT_FIELDS.map((field) => document.words[field] ?? ""),
        yearWords(document.year),
      );
      this.#tracks++;
      this.#learnFrom(document);
    }
  }

  commit({ identity, cursor }: IndexPosition): void {
    this.#begin();
    this.#db
      .prepare("INSERT OR REPLACE INTO position VALUES (1, ?, ?, ?)")
      .run(identity, cursor, this.#tracks);
    this.#db.exec("COMMIT");
    this.#mayHold = true;
    if (this.#uncommitted > MANY) this.#db.pragma("wal_checkpoint(TRUNCATE)");
    this.#uncommitted = 0;
  }

  tracks(): number {
    return this.#tracks;
  }

  #begin(): void {
    if (!this.#db.inTransaction) this.#db.exec("BEGIN IMMEDIATE");
  }

  #learnFrom({ words }: SearchDocument): void {
    for (const text of Object.values(words)) {
      for (const word of text.split(" ")) {
        if (this.#known.has(word)) continue;
        if (this.#known.size >= MAX_KNOWN) this.#known.clear();
        this.#known.add(word);
        const [initial = ""] = word;
        this.#learn.run(initial, word.length, word);
      }
    }
  }
}
