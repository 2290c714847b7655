import type { Database } from "better-sqlite3";
import { MusicfsError } from "../errors.js";
import { albumFolderOf } from "./album-folder.js";

/** `PRAGMA application_id` of a catalogue: "MusF". */
export const APPLICATION_ID = 0x4d757346;

/** Values of `files.state`. */
export const FILE_STATE = {
  /** Listed; its tags are still to be read. */
  listed: 0,
  /** Its tags were read, or its problem is known. */
  read: 1,
} as const;

/** Values of `files.kind`. */
export const FILE_KIND = {
  /** Music. */
  track: 0,
  /** What lies beside it: lyrics, cue sheets, pictures, booklets. */
  beside: 1,
  playlist: 2,
} as const;

/** Values of `nodes.kind`. */
export const NODE_KIND = { directory: 0, file: 1, link: 2 } as const;

/** `views.number` of the view at the root. */
export const ROOT_VIEW = 1;

/**
 * The schema, as numbered steps that are only ever added to. `PRAGMA user_version` counts the steps taken.
 * See README.md of this folder for what the tables mean.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) WITHOUT ROWID;

  CREATE TABLE origins (
    number      INTEGER PRIMARY KEY AUTOINCREMENT,
    id          TEXT NOT NULL UNIQUE,
    total_bytes INTEGER,
    free_bytes  INTEGER,
    device      TEXT
  );

  CREATE TABLE files (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    origin   INTEGER NOT NULL REFERENCES origins(number),
    path     TEXT NOT NULL,
    size     INTEGER NOT NULL,
    mtime_ms REAL NOT NULL,
    version  TEXT,
    state    INTEGER NOT NULL,
    ino      INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX files_by_path ON files(origin, path);
  CREATE INDEX files_of_origin ON files(origin);
  CREATE INDEX files_to_read ON files(id) WHERE state = 0;

  CREATE TABLE tracks (
    file          INTEGER PRIMARY KEY REFERENCES files(id) ON DELETE CASCADE,
    title         TEXT,
    artists       TEXT,
    album_artists TEXT,
    album         TEXT,
    track_number  INTEGER,
    track_total   INTEGER,
    disc_number   INTEGER,
    disc_total    INTEGER,
    year          INTEGER,
    original_date TEXT,
    genres        TEXT,
    composers     TEXT,
    label         TEXT,
    comment       TEXT,
    compilation   INTEGER NOT NULL,
    audio         TEXT NOT NULL
  );

  CREATE TABLE problems (
    file   INTEGER PRIMARY KEY REFERENCES files(id) ON DELETE CASCADE,
    code   TEXT NOT NULL,
    detail TEXT NOT NULL
  );

  CREATE TABLE nodes (
    ino      INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     INTEGER NOT NULL,
    size     INTEGER NOT NULL,
    mtime_ms REAL NOT NULL,
    revision INTEGER NOT NULL,
    file     INTEGER
  );

  CREATE TABLE names (
    cookie   INTEGER PRIMARY KEY AUTOINCREMENT,
    parent   INTEGER NOT NULL,
    name     TEXT NOT NULL,
    ino      INTEGER NOT NULL,
    collided INTEGER NOT NULL
  );
  CREATE UNIQUE INDEX names_by_name ON names(parent, name);
  CREATE INDEX names_in_order ON names(parent);
  CREATE INDEX names_of_node ON names(ino);
  `,
  `
  CREATE TABLE links (
    ino    INTEGER PRIMARY KEY,
    target TEXT NOT NULL
  );
  `,
  `
  CREATE TABLE generated (
    ino     INTEGER PRIMARY KEY,
    maker   TEXT NOT NULL,
    subject TEXT NOT NULL,
    recipe  TEXT NOT NULL,
    place   TEXT NOT NULL,
    path    TEXT NOT NULL,
    hash    TEXT
  );
  CREATE UNIQUE INDEX generated_by_subject ON generated(maker, subject);
  CREATE UNIQUE INDEX generated_by_path ON generated(place, path);
  `,
  `
  CREATE TABLE views (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    key     TEXT NOT NULL UNIQUE,
    made_by TEXT
  );
  INSERT INTO views (number, key, made_by)
    VALUES (${ROOT_VIEW}, '/', (SELECT value FROM meta WHERE key = 'layout'));
  DELETE FROM meta WHERE key = 'layout';
  ALTER TABLE names ADD COLUMN view INTEGER NOT NULL DEFAULT ${ROOT_VIEW};
  `,
  `
  CREATE TABLE albums (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    origin  INTEGER NOT NULL,
    path    TEXT NOT NULL,
    touched INTEGER NOT NULL,
    digest  TEXT
  );
  CREATE UNIQUE INDEX albums_by_path ON albums(origin, path);
  CREATE INDEX albums_touched ON albums(id) WHERE touched = 1;
  ALTER TABLE files ADD COLUMN kind INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE files ADD COLUMN album INTEGER NOT NULL DEFAULT 0;
  INSERT INTO albums (origin, path, touched) SELECT DISTINCT origin, album_folder_of(path), 1 FROM files;
  UPDATE files SET album =
    (SELECT a.id FROM albums a WHERE a.origin = files.origin AND a.path = album_folder_of(files.path));
  CREATE INDEX files_of_album ON files(album, kind);
  `,
  `
  CREATE TABLE pins (
    file INTEGER PRIMARY KEY REFERENCES files(id) ON DELETE CASCADE
  );
  `,
  // Triggers, so that whatever changes a track is noted, by whichever statement.
  `
  CREATE TABLE track_changes (
    stamp INTEGER PRIMARY KEY AUTOINCREMENT,
    file  INTEGER NOT NULL UNIQUE,
    gone  INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX tracks_gone ON track_changes(stamp) WHERE gone = 1;
  INSERT INTO track_changes (file) SELECT file FROM tracks ORDER BY file;
  INSERT OR IGNORE INTO meta VALUES ('identity', lower(hex(randomblob(16))));

  CREATE TRIGGER track_saved AFTER INSERT ON tracks BEGIN
    INSERT OR REPLACE INTO track_changes (file) VALUES (new.file);
  END;
  CREATE TRIGGER track_edited AFTER UPDATE ON tracks BEGIN
    INSERT OR REPLACE INTO track_changes (file) VALUES (new.file);
  END;
  CREATE TRIGGER track_moved AFTER UPDATE OF path, origin ON files BEGIN
    INSERT OR REPLACE INTO track_changes (file) SELECT file FROM tracks WHERE file = new.id;
  END;
  CREATE TRIGGER track_gone AFTER DELETE ON tracks BEGIN
    INSERT OR REPLACE INTO track_changes (file, gone) VALUES (old.file, 1);
  END;
  `,
  // What is known of files from before is their own time.
  `
  ALTER TABLE files ADD COLUMN added_ms REAL NOT NULL DEFAULT 0;
  UPDATE files SET added_ms = mtime_ms;
  CREATE INDEX files_by_added ON files(added_ms) WHERE kind = 0;
  `,
  `
  ALTER TABLE files ADD COLUMN identity TEXT;
  ALTER TABLE files ADD COLUMN head BLOB;
  CREATE INDEX files_by_size ON files(origin, size, mtime_ms);
  ALTER TABLE origins ADD COLUMN held_files INTEGER;
  ALTER TABLE origins ADD COLUMN held_of_files INTEGER;
  ALTER TABLE origins ADD COLUMN held_since_ms INTEGER;
  `,
  `
  CREATE TABLE lyrics (
    file INTEGER PRIMARY KEY REFERENCES files(id) ON DELETE CASCADE,
    text TEXT NOT NULL
  );
  `,
  `
  ALTER TABLE tracks ADD COLUMN picture TEXT;
  UPDATE files SET state = 0;
  CREATE INDEX files_beside ON files(origin, kind) WHERE kind <> 0;
  `,
  `
  ALTER TABLE names ADD COLUMN fold TEXT;
  CREATE INDEX names_by_fold ON names(parent, fold) WHERE fold IS NOT NULL;
  `,
  `
  CREATE TABLE sources (
    file     INTEGER PRIMARY KEY REFERENCES files(id) ON DELETE CASCADE,
    ino      INTEGER NOT NULL,
    likeness BLOB
  );
  CREATE INDEX sources_by_ino ON sources(ino);
  CREATE INDEX sources_alike ON sources(likeness) WHERE likeness IS NOT NULL;
  CREATE TABLE proofs (
    file     INTEGER NOT NULL REFERENCES files(id) ON DELETE CASCADE,
    other    INTEGER NOT NULL REFERENCES files(id) ON DELETE CASCADE,
    versions BLOB NOT NULL,
    equal    INTEGER NOT NULL,
    PRIMARY KEY (file, other)
  ) WITHOUT ROWID;
  CREATE INDEX proofs_of_other ON proofs(other);

  CREATE TRIGGER track_shown AFTER UPDATE OF file ON nodes WHEN old.file <> new.file BEGIN
    INSERT OR REPLACE INTO track_changes (file) SELECT file FROM tracks WHERE file IN (old.file, new.file);
  END;
  CREATE TRIGGER track_joined AFTER UPDATE OF ino ON files BEGIN
    INSERT OR REPLACE INTO track_changes (file) SELECT file FROM tracks WHERE file = new.id;
  END;
  `,
];

/** The newest schema that this code knows. */
export const SCHEMA_VERSION = MIGRATIONS.length;

/**
 * Brings a catalogue to {@link SCHEMA_VERSION}, each step in a transaction of its own.
 *
 * @throws `MFS_CATALOGUE_NEWER` or `MFS_CATALOGUE_FOREIGN`; nothing is written then.
 */
export function migrate(db: Database, path: string): void {
  const version = db.pragma("user_version", { simple: true }) as number;
  const application = db.pragma("application_id", { simple: true }) as number;
  const tables = db.prepare("SELECT count(*) FROM sqlite_master").pluck().get() as number;
  const isEmpty = version === 0 && application === 0 && tables === 0;
  if (!isEmpty && application !== APPLICATION_ID) {
    throw new MusicfsError("MFS_CATALOGUE_FOREIGN", `${path} is a SQLite database of another program`);
  }
  if (version > SCHEMA_VERSION) {
    throw new MusicfsError(
      "MFS_CATALOGUE_NEWER",
      `${path} was written by a newer MusicFS (schema ${version}; this one knows up to ${SCHEMA_VERSION})`,
    );
  }
  db.function("album_folder_of", { deterministic: true }, (path) => albumFolderOf(String(path)));
  MIGRATIONS.slice(version).forEach((step, index) => {
    db.transaction(() => {
      db.exec(step);
      db.pragma(`application_id = ${APPLICATION_ID}`);
      db.pragma(`user_version = ${version + index + 1}`);
    }).immediate();
  });
}
