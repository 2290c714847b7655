import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { DOCUMENTS_VERSION, TEXT_FIELDS } from "musicfs/search";

/** Changes whenever the same documents would make another index. */
const SCHEMA_VERSION = 2;
const CACHE_KIB = 16_384;
const WAL_LIMIT_BYTES = 16 * 1024 * 1024;

const FINGERPRINT = createHash("sha256")
  .update(JSON.stringify([SCHEMA_VERSION, DOCUMENTS_VERSION, TEXT_FIELDS]))
  .digest("hex")
  .slice(0, 16);

const OURS = /\.sqlite(?:-wal|-shm)?$/u;

/**
 * Words come folded, with one space between two and no other sign of ASCII: FTS5's `ascii` tokenizer parts them
 * there and leaves them as they are. Beginnings of two letters have lists of their own.
 */
const SCHEMA = `
  CREATE VIRTUAL TABLE tracks USING fts5(
    ${TEXT_FIELDS.join(", ")}, year,
    content = '', contentless_delete = 1, tokenize = 'ascii', prefix = '2'
  );
  CREATE TABLE vocabulary (
    initial TEXT NOT NULL,
    length  INTEGER NOT NULL,
    word    TEXT NOT NULL,
    PRIMARY KEY (initial, length, word)
  ) WITHOUT ROWID;
  CREATE TABLE position (
    one      INTEGER PRIMARY KEY CHECK (one = 1),
    identity TEXT NOT NULL,
    cursor   INTEGER NOT NULL,
    tracks   INTEGER NOT NULL
  );
`;

/** An index that is open, and why what was there before could not be used. */
export interface OpenedDatabase {
  readonly db: Database.Database;
  readonly note?: string;
}

/** Opens the index in a folder; what another version made is removed, and so is one that is damaged. */
export function openDatabase(folder: string): OpenedDatabase {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = `${FINGERPRINT}.sqlite`;
  const others = readdirSync(folder).filter((found) => OURS.test(found) && !found.startsWith(name));
  for (const other of others) rmSync(join(folder, other), { recursive: true, force: true });
  const path = join(folder, name);
  try {
    const db = openChecked(path);
    return others.length > 0 ? { db, note: "the index was made by another version" } : { db };
  } catch (error) {
    if (!isDamage(error)) throw error;
    for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
    return { db: openChecked(path), note: `the index is damaged: ${(error as Error).message}` };
  }
}

/** Whether an error of SQLite says that the file is not what was written. */
export function isDamage(error: unknown): boolean {
  const code = String((error as { code?: unknown } | null)?.code ?? "");
  return code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT");
}

function openChecked(path: string): Database.Database {
  const db = new Database(path);
  try {
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = NORMAL");
    db.pragma(`cache_size = -${CACHE_KIB}`);
    db.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
    if (db.pragma("user_version", { simple: true }) === 0) {
      db.transaction(() => {
        db.exec(SCHEMA);
        db.pragma("user_version = 1");
      })();
    }
    // Of the pages, not of FTS5's own structure: that shows itself when it is read.
    const [{ quick_check: found = "" } = {}] = db.pragma("quick_check(1)") as { quick_check?: string }[];
    if (found !== "ok") throw Object.assign(new Error(found), { code: "SQLITE_CORRUPT" });
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}
