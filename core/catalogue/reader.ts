import Database from "better-sqlite3";
import type { DirectoryEntry, NodeAttributes, NodeKind } from "../model/entry.js";
import type { GeneratedPlace } from "./generated.js";
import { NODE_KIND } from "./schema.js";

/** What of an origin's file an open needs. */
export interface NodeFile {
  readonly fileId: number;
  readonly originNumber: number;
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly version: string | null;
  readonly revision: number;
}

/** What of a generated file an open needs. */
export interface GeneratedNode {
  readonly place: GeneratedPlace;
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  readonly revision: number;
}

export interface CatalogueTotals {
  readonly tracks: number;
  readonly directories: number;
  readonly bytes: number;
}

export interface CatalogueCapacity extends CatalogueTotals {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

/** SQLite's page cache of each read-only connection, in KiB: a hot tree of some 50,000 entries. */
const CACHE_KIB = 4096;

type NodeRow = [ino: number, revision: number, kind: number, size: number, mtimeMs: number];
type FileTuple = [
  fileId: number,
  originNumber: number,
  path: string,
  sizeBytes: number,
  mtimeMs: number,
  version: string | null,
  revision: number,
];
type GeneratedTuple = [
  place: GeneratedPlace,
  path: string,
  sizeBytes: number,
  mtimeMs: number,
  revision: number,
];
type EntryRow = [...NodeRow, cookie: number, name: string];

/**
 * The read side of the catalogue: one read-only connection, prepared statements, every answer one indexed
 * read. Each FUSE worker has its own; all calls are synchronous and see the last committed state.
 */
export class CatalogueReader {
  readonly #db: Database.Database;
  readonly #lookup: Database.Statement<[number, string], NodeRow>;
  readonly #getattr: Database.Statement<[number], NodeRow>;
  readonly #page: Database.Statement<[number, number, number], EntryRow>;
  readonly #names: Database.Statement<[number, number], string>;
  readonly #file: Database.Statement<[number], FileTuple>;
  readonly #link: Database.Statement<[number], string>;
  readonly #generated: Database.Statement<[number], GeneratedTuple>;
  readonly #parent: Database.Statement<[number], [number, string]>;

  constructor(db: Database.Database) {
    this.#db = db;
    const node = "n.ino, n.revision, n.kind, n.size, n.mtime_ms";
    this.#lookup = db
      .prepare<[number, string], NodeRow>(
        `SELECT ${node} FROM names d CROSS JOIN nodes n ON n.ino = d.ino WHERE d.parent = ? AND d.name = ?`,
      )
      .raw();
    this.#getattr = db.prepare<[number], NodeRow>(`SELECT ${node} FROM nodes n WHERE n.ino = ?`).raw();
    // SQLite prepares a statement anew whenever a bare parameter of LIMIT changes: half of the time of a page.
    this.#page = db
      .prepare<[number, number, number], EntryRow>(
        `SELECT ${node}, d.cookie, d.name FROM names d INDEXED BY names_in_order CROSS JOIN nodes n ON n.ino = d.ino
         WHERE d.parent = ? AND d.cookie > ? ORDER BY d.cookie LIMIT ? + 0`,
      )
      .raw();
    this.#names = db
      .prepare<[number, number], string>("SELECT name FROM names WHERE parent = ? LIMIT ? + 0")
      .pluck();
    this.#file = db
      .prepare<[number], FileTuple>(
        `SELECT f.id, f.origin, f.path, n.size, n.mtime_ms, f.version, n.revision
         FROM nodes n CROSS JOIN files f ON f.id = n.file WHERE n.ino = ?`,
      )
      .raw();
    this.#link = db.prepare<[number], string>("SELECT target FROM links WHERE ino = ?").pluck();
    this.#generated = db
      .prepare<[number], GeneratedTuple>(
        `SELECT g.place, g.path, n.size, n.mtime_ms, n.revision
         FROM generated g CROSS JOIN nodes n ON n.ino = g.ino WHERE g.ino = ?`,
      )
      .raw();
    this.#parent = db
      .prepare<[number], [number, string]>(
        "SELECT parent, name FROM names WHERE ino = ? ORDER BY cookie LIMIT 1",
      )
      .raw();
  }

  /** The node that `name` stands for in a directory. `name` must be in NFC, as all names of the catalogue are. */
  lookup(parentIno: number, name: string): NodeAttributes | undefined {
    return nodeOf(this.#lookup.get(parentIno, name));
  }

  getattr(ino: number): NodeAttributes | undefined {
    return nodeOf(this.#getattr.get(ino));
  }

  /**
   * Up to `limit` entries of a directory that come after `cookie` (0: from the start), in the order in which
   * they were made. An entry keeps its cookie for life and no cookie is used twice, so a listing that goes
   * on while the directory changes neither repeats nor loses an entry that stays.
   */
  readdir(ino: number, cookie: number, limit: number): DirectoryEntry[] {
    return this.#page.all(ino, cookie, limit).map(entryOf);
  }

  /** Up to `limit` names of a directory, in no order, all of one moment. */
  namesOf(ino: number, limit: number): string[] {
    return this.#names.all(ino, limit);
  }

  /** The origin file behind a file's inode. */
  fileOf(ino: number): NodeFile | undefined {
    const row = this.#file.get(ino);
    if (!row) return undefined;
    const [fileId, originNumber, path, sizeBytes, mtimeMs, version, revision] = row;
    return { fileId, originNumber, path, sizeBytes, mtimeMs, version, revision };
  }

  /** Where a link leads; `undefined` for what is no link. */
  linkOf(ino: number): string | undefined {
    return this.#link.get(ino);
  }

  /** Where the bytes of an inode lie that MusicFS made itself. */
  generatedOf(ino: number): GeneratedNode | undefined {
    const row = this.#generated.get(ino);
    if (!row) return undefined;
    const [place, path, sizeBytes, mtimeMs, revision] = row;
    return { place, path, sizeBytes, mtimeMs, revision };
  }

  /** Parent and name of an inode, by its oldest name. */
  parentOf(ino: number): { parentIno: number; name: string } | undefined {
    const row = this.#parent.get(ino);
    return row && { parentIno: row[0], name: row[1] };
  }

  /** Numbers of tracks and directories, and the tracks' bytes. */
  totals(): CatalogueTotals {
    const text = this.#db.prepare("SELECT value FROM meta WHERE key = 'totals'").pluck().get() as
      | string
      | undefined;
    return text === undefined ? { tracks: 0, directories: 1, bytes: 0 } : JSON.parse(text);
  }

  /** What `statfs` shows: the disks behind the origins, each counted once; the tracks' own size where unknown. */
  capacity(): CatalogueCapacity {
    const totals = this.totals();
    const [totalBytes, freeBytes] = this.#db
      .prepare<[], [number, number]>(
        `SELECT coalesce(sum(total_bytes), 0), coalesce(sum(free_bytes), 0) FROM
         (SELECT max(total_bytes) AS total_bytes, max(free_bytes) AS free_bytes FROM origins
          GROUP BY coalesce(device, number))`,
      )
      .raw()
      .get() ?? [0, 0];
    return { ...totals, totalBytes: Math.max(totalBytes, totals.bytes), freeBytes };
  }

  close(): void {
    this.#db.close();
  }
}

/** Opens a catalogue for reading; its writer must have opened it before. Close it after use. */
export function openCatalogueReader(path: string): CatalogueReader {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  db.pragma(`cache_size = -${CACHE_KIB}`);
  db.pragma("query_only = ON");
  return new CatalogueReader(db);
}

function nodeOf(row: NodeRow | undefined): NodeAttributes | undefined {
  if (!row) return undefined;
  const [ino, revision, kind, sizeBytes, mtimeMs] = row;
  return { ino, revision, kind: kindOf(kind), sizeBytes, mtimeMs };
}

function entryOf(row: EntryRow): DirectoryEntry {
  const [ino, revision, kind, sizeBytes, mtimeMs, cookie, name] = row;
  return { ino, revision, kind: kindOf(kind), sizeBytes, mtimeMs, cookie, name };
}

function kindOf(kind: number): NodeKind {
  if (kind === NODE_KIND.directory) return "directory";
  return kind === NODE_KIND.link ? "link" : "file";
}
