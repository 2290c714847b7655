import Database from "better-sqlite3";
import { removeIndex } from "../store/store-index.js";

/** What is remembered may take so many bytes: the manifests of some 3,000 albums. The least used go first. */
const MAX_BYTES = 256 * 1024 * 1024;
const APPLICATION_ID = 0x4d75734d;
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS manifests (
    file     TEXT PRIMARY KEY,
    manifest BLOB NOT NULL,
    used     INTEGER NOT NULL
  );
  CREATE INDEX IF NOT EXISTS manifests_by_use ON manifests(used);
`;

/** Manifests by what names a version of a file. All of it can be made anew, so what cannot be read is replaced. */
export class ManifestTable {
  readonly #db: Database.Database;
  readonly #maxBytes: number;
  #bytes: number;

  constructor(path: string, maxBytes = MAX_BYTES) {
    this.#db = openOrReplace(path);
    this.#maxBytes = maxBytes;
    this.#bytes = this.#db
      .prepare("SELECT coalesce(sum(length(manifest)), 0) FROM manifests")
      .pluck()
      .get() as number;
  }

  get(file: string): Uint8Array | undefined {
    const found = this.#db.prepare("SELECT manifest FROM manifests WHERE file = ?").pluck().get(file);
    if (!found) return undefined;
    this.#db.prepare("UPDATE manifests SET used = ? WHERE file = ?").run(Date.now(), file);
    return found as Uint8Array;
  }

  put(file: string, manifest: Uint8Array): void {
    this.#db
      .prepare("INSERT OR REPLACE INTO manifests (file, manifest, used) VALUES (?, ?, ?)")
      .run(file, manifest, Date.now());
    this.#bytes += manifest.length;
    while (this.#bytes > this.#maxBytes) if (!this.#dropOldest()) break;
  }

  close(): void {
    this.#db.close();
  }

  #dropOldest(): boolean {
    const oldest = this.#db
      .prepare("SELECT file, length(manifest) FROM manifests ORDER BY used LIMIT 1")
      .raw()
      .get() as [string, number] | undefined;
    if (!oldest) return false;
    this.#db.prepare("DELETE FROM manifests WHERE file = ?").run(oldest[0]);
    this.#bytes -= oldest[1];
    return true;
  }
}

function openOrReplace(path: string): Database.Database {
  try {
    return open(path);
  } catch {
    removeIndex(path);
    return open(path);
  }
}

function open(path: string): Database.Database {
  const db = new Database(path);
  try {
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = NORMAL");
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.exec(SCHEMA);
    db.prepare("SELECT count(*) FROM manifests").get();
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
