import Database from "better-sqlite3";
import { AlbumTable } from "./albums.js";
import { FileTable, type TaggedFile } from "./files.js";
import { ProblemTable } from "./problems.js";

/** A track that is new, different or gone. */
export interface TrackChange {
  /** Grows with every change, and is never given twice. */
  readonly stamp: number;
  readonly fileId: number;
  /** Absent when the track is gone, or is shown by another one of its sources. */
  readonly file: TaggedFile | undefined;
  readonly lyrics: string | undefined;
}

/** SQLite's page cache of the connection, in KiB. */
const CACHE_KIB = 4096;

/**
 * What changed in the catalogue's tracks, for whoever keeps something made of them: each track once, with its
 * last change. Whoever notes the last stamp that he has dealt with goes on there, also after a crash; whoever
 * begins at 0 gets all tracks. All calls are synchronous.
 */
export class TrackChanges {
  /** Random, and never that of another catalogue: stamps of one mean nothing in another. */
  readonly identity: string;
  readonly #db: Database.Database;
  readonly #files: FileTable;
  readonly #after: Database.Statement<[number, number], [stamp: number, file: number]>;
  readonly #shown: Database.Statement<[number], number>;
  readonly #last: Database.Statement<[], number>;
  readonly #horizon: Database.Statement<[], string>;

  constructor(db: Database.Database) {
    this.#db = db;
    this.#files = new FileTable(db, new AlbumTable(db), new ProblemTable(db));
    this.#after = db
      .prepare<[number, number], [number, number]>(
        "SELECT stamp, file FROM track_changes WHERE stamp > ? ORDER BY stamp LIMIT ? + 0",
      )
      .raw();
    this.#shown = db.prepare<[number], number>("SELECT file FROM nodes WHERE ino = ?").pluck();
    this.#last = db
      .prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'track_changes'")
      .pluck();
    this.#horizon = db.prepare<[], string>("SELECT value FROM meta WHERE key = 'changes_horizon'").pluck();
    this.identity =
      db.prepare<[], string>("SELECT value FROM meta WHERE key = 'identity'").pluck().get() ?? "";
  }

  /** The last stamp that was given. */
  get last(): number {
    return this.#last.get() ?? 0;
  }

  /** Whether all that was removed since `stamp` is still told; if not, only a new beginning helps. */
  reachesBackTo(stamp: number): boolean {
    return stamp <= this.last && (stamp === 0 || stamp >= Number(this.#horizon.get() ?? 0));
  }

  /** Up to `limit` changes after `stamp`, in order, all of one moment. */
  after(stamp: number, limit: number): TrackChange[] {
    return this.#db.transaction(() => this.#after.all(stamp, limit).map((row) => this.#changeOf(row)))();
  }

  close(): void {
    this.#db.close();
  }

  #changeOf([stamp, fileId]: [number, number]): TrackChange {
    const row = this.#files.byId(fileId);
    // One source of a track is enough to be told of.
    const file = row && this.#shown.get(row.ino) === fileId ? this.#files.tagged(row) : undefined;
    return { stamp, fileId, file, lyrics: file && this.#files.lyricsOf(fileId) };
  }
}

/** Opens the changes of a catalogue that its writer has opened before, in any thread or process. Close it after use. */
export function openTrackChanges(cataloguePath: string): TrackChanges {
  const db = new Database(cataloguePath, { readonly: true, fileMustExist: true });
  db.pragma(`cache_size = -${CACHE_KIB}`);
  db.pragma("query_only = ON");
  return new TrackChanges(db);
}
