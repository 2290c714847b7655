import { chmodSync, renameSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { MusicfsError, messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import { unusableFolder } from "../private-folder.js";

/** `PRAGMA application_id`: "MusL". */
const APPLICATION_ID = 0x4d75734c;

/** Steps that are only ever added to; `PRAGMA user_version` counts those that were taken. */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE plays (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    origin  TEXT NOT NULL,
    path    TEXT NOT NULL,
    file    INTEGER UNIQUE,
    plays   INTEGER NOT NULL,
    last_ms REAL NOT NULL,
    UNIQUE (origin, path)
  );
  CREATE INDEX plays_by_count ON plays(plays, last_ms) WHERE file IS NOT NULL;
  CREATE INDEX plays_by_time ON plays(last_ms) WHERE file IS NOT NULL;

  CREATE TABLE searches (
    name  TEXT PRIMARY KEY,
    query TEXT NOT NULL
  ) WITHOUT ROWID;
  `,
];

/**
 * Opens `<stateDir>/listening.sqlite`: what cannot be made again from the library, plays and saved searches. One that
 * is damaged is moved aside and kept.
 *
 * @param identity that of the catalogue whose numbers of files the plays carry.
 * @throws `MFS_FOLDER_UNUSABLE`, or `MFS_CATALOGUE_NEWER` for one of a newer version.
 */
export function openListeningDatabase(stateDir: string, identity: string, log: Logger): Database.Database {
  const path = join(stateDir, "listening.sqlite");
  try {
    return open(path, identity);
  } catch (error) {
    if (!isDamaged(error)) throw error instanceof MusicfsError ? error : unusableFolder(path, error, "open");
    const aside = `${path}.damaged-${new Date().toISOString().replaceAll(":", "")}`;
    renameSync(path, aside);
    log.warn(`${path} is damaged: ${messageOf(error)}; moved to ${aside}, and plays are counted anew`);
    return open(path, identity);
  }
}

function open(path: string, identity: string): Database.Database {
  const db = new Database(path);
  try {
    chmodSync(path, 0o600);
    db.pragma("journal_mode = WAL");
    // A few rows an hour that nobody can bring back: each is on the disk before it is told.
    db.pragma("synchronous = FULL");
    migrate(db, path);
    adopt(db, identity);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

function migrate(db: Database.Database, path: string): void {
  const version = db.pragma("user_version", { simple: true }) as number;
  if (version > MIGRATIONS.length) {
    throw new MusicfsError("MFS_CATALOGUE_NEWER", `${path} was written by a newer MusicFS`);
  }
  db.transaction(() => {
    for (const step of MIGRATIONS.slice(version)) db.exec(step);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${MIGRATIONS.length}`);
  }).immediate();
}

// Numbers of files mean nothing in another catalogue; origins and paths do.
function adopt(db: Database.Database, identity: string): void {
  const known = db.prepare("SELECT value FROM meta WHERE key = 'catalogue'").pluck().get();
  if (known === identity) return;
  db.transaction(() => {
    db.prepare("UPDATE plays SET file = NULL").run();
    db.prepare("INSERT OR REPLACE INTO meta VALUES ('catalogue', ?)").run(identity);
  }).immediate();
}

function isDamaged(error: unknown): boolean {
  const code = String((error as { code?: unknown }).code ?? "");
  return code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT");
}
