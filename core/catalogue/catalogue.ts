import { chmodSync } from "node:fs";
import Database from "better-sqlite3";
import { isMusicfsError, MusicfsError, messageOf } from "../errors.js";
import type { HeldRemoval, OriginCapacity } from "../model/origin.js";
import { unusableFolder } from "../private-folder.js";
import { AlbumTable } from "./albums.js";
import { FileTable } from "./files.js";
import { GeneratedTable } from "./generated.js";
import { PinTable } from "./pins.js";
import { ProblemTable } from "./problems.js";
import { QueryFolderTable } from "./query-folders.js";
import { CatalogueReader, type CatalogueTotals } from "./reader.js";
import { migrate } from "./schema.js";
import { SourceTable } from "./sources.js";
import { TreeTable } from "./tree.js";
import { ViewTable } from "./views.js";

/** SQLite's page cache of the writing connection, in KiB. */
const CACHE_KIB = 4096;
/** The write-ahead log is cut back to this after a checkpoint, in bytes. */
const WAL_LIMIT_BYTES = 16 * 1024 * 1024;

/** Enough for the tracks of a folder, which are looked at for each view. */
const CONTENTS_KEPT = 256;

/**
 * The catalogue: the one writing connection to the database of files, tracks and entries.
 * Lives on the main thread; workers read through `openCatalogueReader`.
 */
export class Catalogue {
  readonly path: string;
  readonly files: FileTable;
  readonly albums: AlbumTable;
  readonly problems: ProblemTable;
  readonly sources: SourceTable;
  readonly generated: GeneratedTable;
  readonly tree: TreeTable;
  readonly pins: PinTable;
  readonly queryFolders: QueryFolderTable;
  readonly views: ViewTable;
  readonly reader: CatalogueReader;
  readonly #db: Database.Database;
  readonly #saveMeta: Database.Statement;
  readonly #lastTrackChange: Database.Statement<[], number>;
  readonly #listeners: (() => void)[] = [];
  #totals: CatalogueTotals;

  constructor(db: Database.Database, path: string) {
    this.#db = db;
    this.path = path;
    this.albums = new AlbumTable(db);
    this.problems = new ProblemTable(db);
    this.files = new FileTable(db, this.albums, this.problems, CONTENTS_KEPT);
    this.sources = new SourceTable(db, this.files);
    this.generated = new GeneratedTable(db);
    this.tree = new TreeTable(db);
    this.pins = new PinTable(db);
    this.queryFolders = new QueryFolderTable(db, this.tree);
    this.views = new ViewTable(db);
    this.reader = new CatalogueReader(db);
    this.#saveMeta = db.prepare("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)");
    this.#lastTrackChange = db
      .prepare<[], number>("SELECT seq FROM sqlite_sequence WHERE name = 'track_changes'")
      .pluck();
    this.#totals = this.reader.totals();
  }

  /** Runs `write` in one transaction; it is committed when `write` returns, and undone when it throws. */
  transaction<T>(write: () => T): T {
    const before = this.#totals;
    try {
      const written = this.#db
        .transaction(() => {
          const result = write();
          if (this.#totals !== before) this.setMeta("totals", JSON.stringify(this.#totals));
          return result;
        })
        .immediate();
      for (const listener of this.#listeners) listener();
      return written;
    } catch (error) {
      this.#totals = before;
      this.files.forget();
      this.albums.forget();
      throw error;
    }
  }

  /** Calls `listener` after every commit, in which it must neither wait nor throw. */
  onCommit(listener: () => void): void {
    this.#listeners.push(listener);
  }

  /** Numbers of what is shown. Kept by {@link count}, in the transaction that changes it. */
  get totals(): CatalogueTotals {
    return this.#totals;
  }

  /** The last change of a track, as `TrackChanges` numbers them. */
  get lastTrackChange(): number {
    return this.#lastTrackChange.get() ?? 0;
  }

  /** Notes that something is shown that was not, or the other way round. */
  count(difference: Partial<CatalogueTotals>): void {
    const { tracks, directories, bytes } = this.#totals;
    this.#totals = {
      tracks: tracks + (difference.tracks ?? 0),
      directories: directories + (difference.directories ?? 0),
      bytes: bytes + (difference.bytes ?? 0),
    };
  }

  meta(key: string): string | undefined {
    return this.#db.prepare("SELECT value FROM meta WHERE key = ?").pluck().get(key) as string | undefined;
  }

  setMeta(key: string, value: string): void {
    this.#saveMeta.run(key, value);
  }

  /** The number under which the catalogue knows an origin; given at its first call, and kept. */
  originNumber(id: string): number {
    this.#db.prepare("INSERT OR IGNORE INTO origins (id) VALUES (?)").run(id);
    return this.#db.prepare("SELECT number FROM origins WHERE id = ?").pluck().get(id) as number;
  }

  /** Every origin that has been in a config and still has files. */
  origins(): { number: number; id: string }[] {
    return this.#db.prepare<[], { number: number; id: string }>("SELECT number, id FROM origins").all();
  }

  removeOrigin(number: number): void {
    this.#db.prepare("DELETE FROM origins WHERE number = ?").run(number);
  }

  /** The removal that is held of an origin's files. */
  heldRemoval(originNumber: number): HeldRemoval | undefined {
    return this.#db
      .prepare<[number], HeldRemoval>(
        `SELECT held_files AS files, held_of_files AS ofFiles, held_since_ms AS sinceMs
         FROM origins WHERE number = ? AND held_files IS NOT NULL`,
      )
      .get(originNumber);
  }

  setHeldRemoval(originNumber: number, held: HeldRemoval | undefined): void {
    this.#db
      .prepare("UPDATE origins SET held_files = ?, held_of_files = ?, held_since_ms = ? WHERE number = ?")
      .run(held?.files ?? null, held?.ofFiles ?? null, held?.sinceMs ?? null, originNumber);
  }

  setCapacity(originNumber: number, capacity: OriginCapacity): void {
    const { totalBytes, freeBytes, device } = capacity;
    this.#db
      .prepare("UPDATE origins SET total_bytes = ?, free_bytes = ?, device = ? WHERE number = ?")
      .run(totalBytes, freeBytes, device ?? null, originNumber);
  }

  /**
   * Forgets which tracks are gone, but for the last `keep` ones; `atMost` at a time. Whoever has not heard of
   * them by then begins anew (`TrackChanges.reachesBackTo`).
   *
   * @returns how many were forgotten.
   */
  forgetGone(keep: number, atMost: number): number {
    return this.transaction(() => {
      const beyond = this.#db
        .prepare<[number], number>(
          "SELECT stamp FROM track_changes WHERE gone = 1 ORDER BY stamp DESC LIMIT 1 OFFSET ?",
        )
        .pluck()
        .get(keep);
      if (beyond === undefined) return 0;
      const stamps = this.#db
        .prepare<[number, number], number>(
          "SELECT stamp FROM track_changes WHERE gone = 1 AND stamp <= ? ORDER BY stamp LIMIT ?",
        )
        .pluck()
        .all(beyond, atMost);
      this.setMeta("changes_horizon", String(stamps.at(-1)));
      const forget = this.#db.prepare("DELETE FROM track_changes WHERE stamp = ?");
      for (const stamp of stamps) forget.run(stamp);
      return stamps.length;
    });
  }

  /** Moves what the log holds into the database, so that the next start finds a short one. Milliseconds to seconds. */
  checkpoint(): void {
    this.#db.pragma("wal_checkpoint(TRUNCATE)");
  }

  /** Writes a consistent copy to `path`, which must not exist. */
  copyTo(path: string): void {
    this.#db.prepare("VACUUM INTO ?").run(path);
  }

  /** Whether it can still be asked: what was begun late may end after it. */
  get isOpen(): boolean {
    return this.#db.open;
  }

  close(): void {
    this.#db.close();
  }
}

/**
 * Opens the catalogue at `path`, makes it when it is missing, and brings its schema up to date.
 *
 * @throws `MFS_CATALOGUE_NEWER`, `MFS_CATALOGUE_FOREIGN`, `MFS_CATALOGUE_DAMAGED` or `MFS_FOLDER_UNUSABLE`.
 */
export function openCatalogue(path: string): Catalogue {
  let db: Database.Database | undefined;
  try {
    db = new Database(path);
    chmodSync(path, 0o600);
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = NORMAL");
    db.pragma("foreign_keys = ON");
    db.pragma(`cache_size = -${CACHE_KIB}`);
    db.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
    migrate(db, path);
    return new Catalogue(db, path);
  } catch (error) {
    db?.close();
    throw asCatalogueError(error, path);
  }
}

function asCatalogueError(error: unknown, path: string): unknown {
  if (isMusicfsError(error)) return error;
  const code = String((error as { code?: unknown }).code ?? "");
  if (code === "SQLITE_NOTADB") {
    return new MusicfsError("MFS_CATALOGUE_FOREIGN", `${path} is not a SQLite database`, { cause: error });
  }
  if (code.startsWith("SQLITE_CORRUPT")) {
    return new MusicfsError("MFS_CATALOGUE_DAMAGED", `${path} is damaged: ${messageOf(error)}`, {
      cause: error,
    });
  }
  return unusableFolder(path, error, "open the catalogue");
}
