import { setImmediate as nextTurn } from "node:timers/promises";
import type { Database, Statement } from "better-sqlite3";
import type { FileRow, FileTable } from "./files.js";
import { NODE_KIND } from "./schema.js";

/** What is known of a file as a source of an entry. */
export interface SourceRow {
  readonly ino: number;
  /** The same for files that are most likely one: see `core/library/federation`. `null` where nothing can be told. */
  readonly likeness: Uint8Array | null;
}

/** Files that are looked at for one that is like them. */
const MAX_ALIKE = 32;
/** Inodes whose sources are counted in one go: a few milliseconds. */
const COUNTED_AT_ONCE = 2048;
/** Sources of one entry that are known of. */
const MAX_SOURCES = 64;

/**
 * Which files are sources of one entry. All of them have its inode number in `files.ino`; the one that is shown stands in
 * `nodes.file`. A library of one origin has no rows here. All calls are synchronous; writing ones belong in a transaction.
 */
export class SourceTable {
  readonly #db: Database;
  readonly #files: FileTable;
  readonly #of: Statement<[number], [ino: number, likeness: Uint8Array | null]>;
  readonly #members: Statement<[number, number], number>;
  readonly #alike: Statement<[Uint8Array, number, number], number>;
  readonly #shown: Statement<[number], number>;
  readonly #set: Statement;
  readonly #setIno: Statement;
  readonly #insertNode: Statement;
  readonly #deleteNode: Statement;
  readonly #show: Statement;
  readonly #proof: Statement<[number, number, Uint8Array], number>;
  readonly #saveProof: Statement;
  #changes = 0;

  constructor(db: Database, files: FileTable) {
    this.#db = db;
    this.#files = files;
    this.#of = db
      .prepare<[number], [number, Uint8Array | null]>("SELECT ino, likeness FROM sources WHERE file = ?")
      .raw();
    this.#members = db
      .prepare<[number, number], number>("SELECT file FROM sources WHERE ino = ? ORDER BY file LIMIT ? + 0")
      .pluck();
    this.#alike = db
      .prepare<[Uint8Array, number, number], number>(
        `SELECT s.file FROM sources s CROSS JOIN files f ON f.id = s.file
         WHERE s.likeness = ? AND f.origin <> ? ORDER BY s.file LIMIT ? + 0`,
      )
      .pluck();
    this.#shown = db.prepare<[number], number>("SELECT file FROM nodes WHERE ino = ?").pluck();
    this.#set = db.prepare("INSERT OR REPLACE INTO sources (file, ino, likeness) VALUES (?, ?, ?)");
    this.#setIno = db.prepare("UPDATE files SET ino = ? WHERE id = ?");
    this.#insertNode = db.prepare(
      `INSERT INTO nodes (kind, size, mtime_ms, revision, file) VALUES (${NODE_KIND.file}, ?, ?, 0, ?)`,
    );
    this.#deleteNode = db.prepare("DELETE FROM nodes WHERE ino = ? AND file = ?");
    this.#show = db.prepare(
      "UPDATE nodes SET file = ?, size = ?, mtime_ms = ?, revision = (revision + 1) & 65535 WHERE ino = ?",
    );
    this.#proof = db
      .prepare<[number, number, Uint8Array], number>(
        "SELECT equal FROM proofs WHERE file = ? AND other = ? AND versions = ?",
      )
      .pluck();
    this.#saveProof = db.prepare(
      "INSERT OR REPLACE INTO proofs (file, other, versions, equal) VALUES (?, ?, ?, ?)",
    );
  }

  /** What is known of a file; `undefined` as long as nobody asked what it is like. */
  of(fileId: number): SourceRow | undefined {
    const row = this.#of.get(fileId);
    return row && { ino: row[0], likeness: row[1] };
  }

  /** Whether a file is what its inode shows. */
  isShown({ id, ino }: Pick<FileRow, "id" | "ino">): boolean {
    return this.#shown.get(ino) === id;
  }

  /** The sources of an inode, itself among them; only it where there are no others. */
  membersOf(row: FileRow): FileRow[] {
    const members = this.#members.all(row.ino, MAX_SOURCES).flatMap((id) => this.#files.byId(id) ?? []);
    return members.length > 1 ? members : [row];
  }

  /** Files of other origins that are like one. */
  alike(likeness: Uint8Array, originNumber: number): FileRow[] {
    return this.#alike.all(likeness, originNumber, MAX_ALIKE).flatMap((id) => this.#files.byId(id) ?? []);
  }

  /** Moves whenever a file became a source, or one of something else. */
  get changes(): number {
    return this.#changes;
  }

  /** Notes what a file is like. */
  note({ id, ino }: Pick<FileRow, "id" | "ino">, likeness: Uint8Array | undefined): void {
    this.#changes += 1;
    this.#set.run(id, ino, likeness ?? null);
  }

  /** Makes a file a source of another inode. An inode that showed nothing else goes; its names must be gone before. */
  move(row: FileRow, ino: number): FileRow {
    this.#deleteNode.run(row.ino, row.id);
    this.#setIno.run(ino, row.id);
    this.note({ id: row.id, ino }, this.of(row.id)?.likeness ?? undefined);
    return { ...row, ino };
  }

  /** Makes an inode that shows a file. */
  newIno({ id, sizeBytes, mtimeMs }: FileRow): number {
    return Number(this.#insertNode.run(sizeBytes, mtimeMs, id).lastInsertRowid);
  }

  /** Has an inode show another one of its sources, as another revision of its content. */
  show({ id, ino, sizeBytes, mtimeMs }: FileRow): void {
    this.#show.run(id, sizeBytes, mtimeMs, ino);
  }

  /** Whether two files were found to be equal in these versions; `undefined` where nobody has looked. */
  proofOf(a: FileRow, b: FileRow): boolean | undefined {
    const [first, second] = inOrder(a, b);
    const equal = this.#proof.get(first.id, second.id, versionsOf(first, second));
    return equal === undefined ? undefined : equal === 1;
  }

  saveProof(a: FileRow, b: FileRow, isEqual: boolean): void {
    const [first, second] = inOrder(a, b);
    this.#saveProof.run(first.id, second.id, versionsOf(first, second), Number(isEqual));
  }

  /** Tracks that were read and are not known here, by id, after `id`. */
  unknown(id: number, limit: number): FileRow[] {
    return this.#db
      .prepare<[number, number], number>(
        `SELECT f.id FROM files f JOIN tracks t ON t.file = f.id WHERE f.id > ? AND f.state = 1
         AND NOT EXISTS (SELECT 1 FROM sources s WHERE s.file = f.id) ORDER BY f.id LIMIT ?`,
      )
      .pluck()
      .all(id, limit)
      .flatMap((each) => this.#files.byId(each) ?? []);
  }

  /** What inodes show that have several sources, by inode, after `ino`. */
  shared(ino: number, limit: number): FileRow[] {
    return this.#db
      .prepare<[number, number], number>(
        "SELECT ino FROM sources WHERE ino > ? GROUP BY ino HAVING count(*) > 1 ORDER BY ino LIMIT ?",
      )
      .pluck()
      .all(ino, limit)
      .flatMap((each) => this.#files.byIno(each) ?? []);
  }

  /** Counts the files of each origin whose entries have other sources, too; in pieces. @throws `signal.reason` */
  async countShared(signal: AbortSignal): Promise<ReadonlyMap<number, number>> {
    const counts = new Map<number, number>();
    const last = (this.#db.prepare("SELECT max(ino) FROM sources").pluck().get() as number | null) ?? 0;
    const count = this.#db
      .prepare<[number, number], [origin: number, files: number]>(
        `SELECT f.origin, count(*) FROM sources s CROSS JOIN files f ON f.id = s.file WHERE s.ino > ? AND s.ino <= ?
         AND EXISTS (SELECT 1 FROM sources o WHERE o.ino = s.ino AND o.file <> s.file) GROUP BY f.origin`,
      )
      .raw();
    for (let after = 0; after < last; after += COUNTED_AT_ONCE) {
      for (const [origin, files] of count.all(after, after + COUNTED_AT_ONCE)) {
        counts.set(origin, (counts.get(origin) ?? 0) + files);
      }
      await nextTurn();
      signal.throwIfAborted();
    }
    return counts;
  }
}

function inOrder(a: FileRow, b: FileRow): readonly [FileRow, FileRow] {
  return a.id < b.id ? [a, b] : [b, a];
}

function versionsOf(...rows: readonly FileRow[]): Uint8Array {
  return Buffer.from(JSON.stringify(rows.map((row) => [row.sizeBytes, row.mtimeMs, row.version])));
}
