import { setImmediate as nextTurn } from "node:timers/promises";
import type { Database, Statement } from "better-sqlite3";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileRow } from "../catalogue/files.js";

/** Rows that are looked at in one go: a millisecond or two. */
const SLICE = 200;

/** How often a track was played. */
export interface PlayCount {
  readonly plays: number;
  /** When the last one began, in milliseconds since 1970. */
  readonly lastMs: number;
}

interface PlayRow {
  readonly id: number;
  readonly origin: string;
  readonly path: string;
  readonly file: number | null;
}

/**
 * How often each track was played, and when last. It lies beside the catalogue and outlives it: a row names its
 * file by origin and path, and by the number that the catalogue of this moment has for it, which stays the same when
 * the file moves.
 */
export class Plays {
  readonly #db: Database;
  readonly #catalogue: Catalogue;
  readonly #add: Statement<[string, string, number, number]>;
  readonly #count: Statement<[number], PlayCount>;
  readonly #most: Statement<[], number>;
  readonly #recent: Statement<[number], number>;
  readonly #after: Statement<[number, number], PlayRow>;
  readonly #place: Statement<[string, string, number | null, number]>;
  readonly #originIds = new Map<number, string>();

  constructor(db: Database, catalogue: Catalogue) {
    this.#db = db;
    this.#catalogue = catalogue;
    this.#add = db.prepare(
      `INSERT INTO plays (origin, path, file, plays, last_ms) VALUES (?, ?, ?, 1, ?)
       ON CONFLICT (origin, path) DO UPDATE
       SET file = excluded.file, plays = plays + 1, last_ms = max(last_ms, excluded.last_ms)`,
    );
    this.#count = db.prepare("SELECT plays, last_ms AS lastMs FROM plays WHERE file = ?");
    this.#most = db
      .prepare<[], number>("SELECT file FROM plays WHERE file IS NOT NULL ORDER BY plays DESC, last_ms DESC")
      .pluck();
    this.#recent = db
      .prepare<[number], number>(
        "SELECT file FROM plays WHERE file IS NOT NULL AND last_ms >= ? ORDER BY last_ms DESC",
      )
      .pluck();
    this.#after = db.prepare("SELECT id, origin, path, file FROM plays WHERE id > ? ORDER BY id LIMIT ? + 0");
    this.#place = db.prepare("UPDATE OR IGNORE plays SET origin = ?, path = ?, file = ? WHERE id = ?");
  }

  /** Counts a play that began at `startedMs`. */
  add(file: FileRow, startedMs: number): void {
    this.#add.run(this.#originOf(file), file.path, file.id, startedMs);
  }

  /** @returns `undefined` for a track that was never played. */
  of(fileId: number): PlayCount | undefined {
    return this.#count.get(fileId);
  }

  /** Up to `limit` files, the most played first. */
  mostPlayed(limit: number): number[] {
    return this.#take(this.#most.iterate(), limit);
  }

  /** Up to `limit` files that were played since `sinceMs`, the last one first. */
  recentlyPlayed(sinceMs: number, limit: number): number[] {
    return this.#take(this.#recent.iterate(sinceMs), limit);
  }

  /**
   * Brings the names of files up to date: those that moved, and those that another catalogue has other numbers for.
   *
   * @throws `signal.reason`
   */
  async reconcile(signal: AbortSignal): Promise<void> {
    for (let id = 0; ; ) {
      const rows = this.#after.all(id, SLICE);
      this.#db.transaction(() => {
        for (const row of rows) this.#reconcile(row);
      })();
      id = rows.at(-1)?.id ?? id;
      if (rows.length < SLICE) return;
      await nextTurn();
      signal.throwIfAborted();
    }
  }

  #reconcile({ id, origin, path, file }: PlayRow): void {
    const { files } = this.#catalogue;
    const found = (file === null ? undefined : files.byId(file)) ?? this.#fileAt(origin, path);
    if (!found) {
      if (file !== null) this.#place.run(origin, path, null, id);
      return;
    }
    const originId = this.#originOf(found);
    if (found.id !== file || found.path !== path || originId !== origin) {
      this.#place.run(originId, found.path, found.id, id);
    }
  }

  #fileAt(originId: string, path: string): FileRow | undefined {
    const known = this.#catalogue.origins().find(({ id }) => id === originId);
    return known && this.#catalogue.files.byPath(known.number, path);
  }

  #originOf({ originNumber }: FileRow): string {
    const known = this.#originIds.get(originNumber);
    if (known !== undefined) return known;
    for (const { number, id } of this.#catalogue.origins()) this.#originIds.set(number, id);
    return this.#originIds.get(originNumber) ?? "";
  }

  // What the library no longer has is kept and passed over: it may come back.
  #take(fileIds: Iterable<number>, limit: number): number[] {
    const taken: number[] = [];
    for (const id of fileIds) {
      if (taken.length >= limit) break;
      if (this.#catalogue.files.byId(id)) taken.push(id);
    }
    return taken;
  }
}
