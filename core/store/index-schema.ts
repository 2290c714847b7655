import type { Database } from "better-sqlite3";

/** `PRAGMA application_id` of an index: "MusS". */
const APPLICATION_ID = 0x4d757353;

/**
 * The index's schema; README.md of this folder says what the tables mean. The index can be made anew from the
 * origins, so another schema is no step to be migrated: it is replaced.
 */
const SCHEMA_VERSION = 2;
const SCHEMA = `
  CREATE TABLE blobs (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    size     INTEGER NOT NULL,
    present  BLOB NOT NULL,
    sums     BLOB NOT NULL,
    logical  INTEGER NOT NULL,
    stored   INTEGER NOT NULL,
    chunker  TEXT,
    chunks   INTEGER NOT NULL,
    manifest BLOB,
    content  BLOB,
    entered  REAL NOT NULL,
    used     REAL NOT NULL
  );
  CREATE INDEX blobs_by_use ON blobs(used);
  CREATE INDEX blobs_by_content ON blobs(content) WHERE content IS NOT NULL;

  CREATE TABLE versions (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    origin   TEXT NOT NULL,
    path     TEXT NOT NULL,
    size     INTEGER NOT NULL,
    mtime_ms REAL NOT NULL,
    version  TEXT NOT NULL,
    blob     INTEGER NOT NULL REFERENCES blobs(id) ON DELETE CASCADE,
    seal     BLOB NOT NULL
  );
  CREATE UNIQUE INDEX versions_by_file ON versions(origin, path, size, mtime_ms, version);
  CREATE INDEX versions_of_blob ON versions(blob);

  CREATE TABLE chunks (
    hash   BLOB PRIMARY KEY,
    blob   INTEGER NOT NULL,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX chunks_of_blob ON chunks(blob);

  CREATE TABLE borrowed (
    blob   INTEGER NOT NULL REFERENCES blobs(id) ON DELETE CASCADE,
    offset INTEGER NOT NULL,
    length INTEGER NOT NULL,
    hash   BLOB NOT NULL,
    PRIMARY KEY (blob, offset)
  ) WITHOUT ROWID;
  CREATE INDEX borrowed_by_hash ON borrowed(hash);
`;

/** Thrown where the database is none of ours, or of another schema: it is to be replaced. */
export class UnknownIndexError extends Error {
  override readonly name = "UnknownIndexError";
}

/** Makes the tables in a new database. @throws UnknownIndexError for one that is neither new nor ours. */
export function prepareSchema(db: Database): void {
  const version = db.pragma("user_version", { simple: true }) as number;
  const application = db.pragma("application_id", { simple: true }) as number;
  if (application === APPLICATION_ID && version === SCHEMA_VERSION) return;
  const tables = db.prepare("SELECT count(*) FROM sqlite_master").pluck().get() as number;
  if (tables > 0) throw new UnknownIndexError("it has another schema");
  db.transaction(() => {
    db.exec(SCHEMA);
    db.pragma(`application_id = ${APPLICATION_ID}`);
    db.pragma(`user_version = ${SCHEMA_VERSION}`);
  }).immediate();
}
