import { createHash } from "node:crypto";
import { chmodSync, rmSync, statSync } from "node:fs";
import Database from "better-sqlite3";
import { messageOf } from "../errors.js";
import type { OriginFile } from "../model/origin.js";
import { unusableFolder } from "../private-folder.js";
import { ChunkTable } from "./chunk-table.js";
import { prepareSchema, UnknownIndexError } from "./index-schema.js";

/** One version of one file of one origin: what a blob holds the bytes of. */
export interface FileVersion {
  readonly originId: string;
  readonly file: OriginFile;
}

/** A blob as the index knows it. */
export interface BlobRow {
  readonly id: number;
  readonly sizeBytes: number;
  readonly present: Uint8Array;
  readonly sums: Uint8Array;
  readonly logicalBytes: number;
  readonly storedBytes: number;
  readonly manifest: Uint8Array | undefined;
}

/** What is known of a blob's data once it is flushed. */
export interface FlushedBlob {
  readonly id: number;
  readonly present: Uint8Array;
  readonly sums: Uint8Array;
  readonly logicalBytes: number;
  readonly storedBytes: number;
}

/** A blob as the cache policy sees it. */
export interface BlobUse {
  readonly id: number;
  readonly enteredMs: number;
  readonly usedMs: number;
}

export interface IndexTotals {
  readonly blobs: number;
  readonly storedBytes: number;
}

/** A version with what the index knows of its blob. */
export interface IndexedVersion extends FileVersion {
  readonly id: number;
  readonly blobId: number;
  readonly logicalBytes: number;
  readonly storedBytes: number;
  readonly usedMs: number;
  /** Whether it is the first of those that share its blob. */
  readonly isFirst: boolean;
}

export interface OriginTotals {
  readonly originId: string;
  readonly files: number;
  readonly wholeFiles: number;
  readonly logicalBytes: number;
  readonly storedBytes: number;
}

type VersionTuple = [origin: string, path: string, size: number, mtimeMs: number, version: string];
type BlobTuple = [
  id: number,
  size: number,
  present: Uint8Array,
  sums: Uint8Array,
  logical: number,
  stored: number,
  manifest: Uint8Array | null,
];

const CACHE_KIB = 4096;
/** The log is folded in when it has so many pages of 4 KiB, and cut back to so many bytes then. */
const WAL_PAGES = 256;
export const WAL_LIMIT_BYTES = WAL_PAGES * 4096;

/**
 * The store's index: which blob holds which version of which file, and what of it. Lives beside the blobs, on the
 * main thread; every call is synchronous, and one or a few indexed reads.
 */
export class StoreIndex {
  readonly path: string;
  readonly db: Database.Database;
  readonly chunks: ChunkTable;
  readonly #find: Database.Statement<VersionTuple, [blob: number, seal: Uint8Array]>;
  readonly #insertBlob: Database.Statement;
  readonly #insertVersion: Database.Statement;
  readonly #blob: Database.Statement<[number], BlobTuple>;
  readonly #has: Database.Statement<[number], number>;
  readonly #saveFlush: Database.Statement;
  readonly #touch: Database.Statement;
  readonly #remove: Database.Statement;
  readonly #forget: Database.Statement<VersionTuple>;
  readonly #versionsOf: Database.Statement<[number], VersionTuple>;

  constructor(db: Database.Database, path: string) {
    this.db = db;
    this.path = path;
    this.chunks = new ChunkTable(db);
    const key = "origin = ? AND path = ? AND size = ? AND mtime_ms = ? AND version = ?";
    this.#find = db
      .prepare<VersionTuple, [number, Uint8Array]>(`SELECT blob, seal FROM versions WHERE ${key}`)
      .raw();
    this.#insertBlob = db.prepare(
      `INSERT INTO blobs (size, present, sums, logical, stored, chunks, entered, used)
       VALUES (?, x'', x'', 0, 0, 0, ?, ?)`,
    );
    this.#insertVersion = db.prepare(
      `INSERT OR REPLACE INTO versions (origin, path, size, mtime_ms, version, blob, seal)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#blob = db
      .prepare<[number], BlobTuple>(
        "SELECT id, size, present, sums, logical, stored, manifest FROM blobs WHERE id = ?",
      )
      .raw();
    this.#has = db.prepare<[number], number>("SELECT 1 FROM blobs WHERE id = ?").pluck();
    this.#saveFlush = db.prepare(
      "UPDATE blobs SET present = ?, sums = ?, logical = ?, stored = ? WHERE id = ?",
    );
    this.#touch = db.prepare("UPDATE blobs SET used = ? WHERE id = ?");
    this.#forget = db.prepare<VersionTuple>(`DELETE FROM versions WHERE ${key}`);
    this.#remove = db.prepare("DELETE FROM blobs WHERE id = ?");
    this.#versionsOf = db
      .prepare<[number], VersionTuple>(
        "SELECT origin, path, size, mtime_ms, version FROM versions WHERE blob = ?",
      )
      .raw();
  }

  /** Runs `write` in one transaction. */
  transaction<T>(write: () => T): T {
    return this.db.transaction(write).immediate();
  }

  /**
   * The blob of a version; `undefined` when nothing of it is kept. A damaged row could name the blob of another file,
   * whose bytes are in order by themselves: one without its seal is forgotten.
   */
  blobOf(version: FileVersion): number | undefined {
    const row = this.#find.get(...tupleOf(version));
    if (!row) return undefined;
    const [blobId, seal] = row;
    if (sealOf(version, blobId).equals(seal)) return blobId;
    this.forget(version);
    return undefined;
  }

  /** Adds a version with a new blob, of which nothing is there yet. @returns the blob's id. */
  insert(version: FileVersion, nowMs: number): number {
    return this.transaction(() => {
      const id = Number(this.#insertBlob.run(version.file.sizeBytes, nowMs, nowMs).lastInsertRowid);
      this.#insertVersion.run(...tupleOf(version), id, sealOf(version, id));
      return id;
    });
  }

  blob(id: number): BlobRow | undefined {
    const row = this.#blob.get(id);
    if (!row) return undefined;
    const [, sizeBytes, present, sums, logicalBytes, storedBytes, manifest] = row;
    return { id, sizeBytes, present, sums, logicalBytes, storedBytes, manifest: manifest ?? undefined };
  }

  /** The greatest id that a blob ever had; 0 when there was none. */
  lastId(): number {
    const found = this.db.prepare("SELECT seq FROM sqlite_sequence WHERE name = 'blobs'").pluck().get();
    return (found as number | undefined) ?? 0;
  }

  has(id: number): boolean {
    return this.#has.get(id) === 1;
  }

  /** The versions whose bytes a blob holds: one, or several files that are the same. */
  versionsOf(id: number): FileVersion[] {
    return this.#versionsOf.all(id).map(versionOf);
  }

  saveFlushed(blobs: readonly FlushedBlob[]): void {
    this.transaction(() => {
      for (const { id, present, sums, logicalBytes, storedBytes } of blobs) {
        this.#saveFlush.run(present, sums, logicalBytes, storedBytes, id);
      }
    });
  }

  touch(uses: Iterable<readonly [id: number, usedMs: number]>): void {
    this.transaction(() => {
      for (const [id, usedMs] of uses) this.#touch.run(usedMs, id);
    });
  }

  /** What a blob stood for, another one stands for now. Belongs in a transaction. */
  moveVersions(fromBlobId: number, toBlobId: number): void {
    for (const version of this.versionsOf(fromBlobId)) {
      this.#insertVersion.run(...tupleOf(version), toBlobId, sealOf(version, toBlobId));
    }
  }

  forget(version: FileVersion): void {
    this.#forget.run(...tupleOf(version));
  }

  /** Removes a blob, the versions that it stood for, and the chunks that lie in it. */
  remove(id: number): void {
    this.transaction(() => {
      this.chunks.dropAll(id);
      this.#remove.run(id);
    });
  }

  /** Every blob, the one used longest ago first. */
  *byUse(): Generator<BlobUse> {
    const page = this.db.prepare<[number, number, number], [number, number, number]>(
      `SELECT id, entered, used FROM blobs WHERE (used, id) > (?, ?) ORDER BY used, id LIMIT ? + 0`,
    );
    let after: [number, number] = [Number.NEGATIVE_INFINITY, 0];
    for (;;) {
      const rows = page.raw().all(...after, 500);
      for (const [id, enteredMs, usedMs] of rows) yield { id, enteredMs, usedMs };
      const last = rows.at(-1);
      if (!last) return;
      after = [last[2], last[0]];
    }
  }

  /** Versions with an id above `afterId`, by id, with their blobs. */
  versionsAfter(afterId: number, limit: number): IndexedVersion[] {
    const rows = this.db
      .prepare<[number, number], [number, ...VersionTuple, number, number, number, number, number]>(
        `SELECT v.id, v.origin, v.path, v.size, v.mtime_ms, v.version, b.id, b.logical, b.stored, b.used,
           v.id = (SELECT min(id) FROM versions WHERE blob = b.id)
         FROM versions v JOIN blobs b ON b.id = v.blob WHERE v.id > ? ORDER BY v.id LIMIT ? + 0`,
      )
      .raw()
      .all(afterId, limit);
    return rows.map(
      ([id, origin, path, size, mtimeMs, version, blobId, logicalBytes, storedBytes, usedMs, isFirst]) => ({
        ...versionOf([origin, path, size, mtimeMs, version]),
        id,
        blobId,
        logicalBytes,
        storedBytes,
        usedMs,
        isFirst: isFirst === 1,
      }),
    );
  }

  /** The blobs of a file, in whatever versions. */
  blobsOf(originId: string, path: string): number[] {
    return this.db
      .prepare<[string, string], number>("SELECT DISTINCT blob FROM versions WHERE origin = ? AND path = ?")
      .pluck()
      .all(originId, path);
  }

  /** What is kept of each origin; a blob that several versions share counts for the first of them. */
  byOrigin(): OriginTotals[] {
    return this.db
      .prepare<[], OriginTotals>(
        `SELECT v.origin AS originId, count(*) AS files, sum(b.logical) AS logicalBytes,
           sum(b.logical >= b.size) AS wholeFiles,
           sum(CASE WHEN v.id = (SELECT min(id) FROM versions WHERE blob = b.id) THEN b.stored ELSE 0 END) AS storedBytes
         FROM versions v JOIN blobs b ON b.id = v.blob GROUP BY v.origin ORDER BY v.origin`,
      )
      .all();
  }

  totals(): IndexTotals {
    const [blobs, storedBytes] = this.db
      .prepare<[], [number, number]>("SELECT count(*), coalesce(sum(stored), 0) FROM blobs")
      .raw()
      .get() ?? [0, 0];
    return { blobs, storedBytes };
  }

  /** Bytes of the database and its log on the disk. */
  sizeBytes(): number {
    return ["", "-wal", "-shm"].reduce((sum, suffix) => {
      const found = statSync(this.path + suffix, { throwIfNoEntry: false });
      return sum + (found ? found.blocks * 512 : 0);
    }, 0);
  }

  close(): void {
    this.db.close();
  }
}

/**
 * Opens the index, and makes it when it is missing. One that is damaged, or of another schema, is replaced by an
 * empty one: what it named is fetched again.
 *
 * @param replaced told why, when that happens.
 * @throws `MFS_FOLDER_UNUSABLE` when the disk does not let it be opened.
 */
export function openStoreIndex(path: string, replaced: (reason: string) => void): StoreIndex {
  try {
    return open(path);
  } catch (error) {
    if (!isWorthless(error)) throw unusableFolder(path, error, "open the cache's index");
    replaced(messageOf(error));
    removeIndex(path);
    return open(path);
  }
}

function open(path: string): StoreIndex {
  const db = new Database(path);
  try {
    chmodSync(path, 0o600);
    db.pragma("journal_mode = WAL");
    db.pragma("synchronous = NORMAL");
    db.pragma("foreign_keys = ON");
    db.pragma(`cache_size = -${CACHE_KIB}`);
    db.pragma(`wal_autocheckpoint = ${WAL_PAGES}`);
    db.pragma(`journal_size_limit = ${WAL_LIMIT_BYTES}`);
    prepareSchema(db);
    return new StoreIndex(db, path);
  } catch (error) {
    db.close();
    throw error;
  }
}

/** Removes an index that is closed; what it named is swept. */
export function removeIndex(path: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
}

/** Whether SQLite says with this error that it cannot read the database. */
export function isIndexDamaged(error: unknown): boolean {
  const code = String((error as { code?: unknown }).code ?? "");
  return code === "SQLITE_NOTADB" || code.startsWith("SQLITE_CORRUPT");
}

function isWorthless(error: unknown): boolean {
  return error instanceof UnknownIndexError || isIndexDamaged(error);
}

/** A number that a version of a file always has, and hardly any other one: 48 bits of a hash. */
export function numberOf(version: FileVersion): number {
  return createHash("sha256")
    .update(JSON.stringify(tupleOf(version)))
    .digest()
    .readUIntBE(0, 6);
}

function sealOf(version: FileVersion, blobId: number): Buffer {
  const text = JSON.stringify([...tupleOf(version), blobId]);
  return createHash("sha256").update(text).digest().subarray(0, 16);
}

function tupleOf({ originId, file }: FileVersion): VersionTuple {
  return [originId, file.path, file.sizeBytes, file.mtimeMs, file.version ?? ""];
}

function versionOf([originId, path, sizeBytes, mtimeMs, version]: VersionTuple): FileVersion {
  return { originId, file: { path, sizeBytes, mtimeMs, ...(version === "" ? {} : { version }) } };
}
