import type { Database, Statement } from "better-sqlite3";

/** Why a file's tags could not be read. */
export interface FileProblem {
  readonly code: string;
  readonly detail: string;
}

export interface ProblemRow extends FileProblem {
  readonly originNumber: number;
  readonly originId: string;
  readonly path: string;
}

/** Which problems are wanted; all of them where nothing is said. */
export interface ProblemFilter {
  readonly originNumber?: number | undefined;
  readonly code?: string | undefined;
}

/** What was wrong with files. All calls are synchronous; writing ones belong in a transaction. */
export class ProblemTable {
  readonly #save: Statement;
  readonly #drop: Statement;
  readonly #count: Statement<[], number>;
  readonly #of: Statement<[number], FileProblem>;
  readonly #after: Statement<object, ProblemRow>;

  constructor(db: Database) {
    this.#save = db.prepare("INSERT OR REPLACE INTO problems (file, code, detail) VALUES (?, ?, ?)");
    this.#drop = db.prepare("DELETE FROM problems WHERE file = ?");
    this.#count = db.prepare<[], number>("SELECT count(*) FROM problems").pluck();
    this.#of = db.prepare("SELECT code, detail FROM problems WHERE file = ?");
    this.#after = db.prepare(
      `SELECT f.origin AS originNumber, o.id AS originId, f.path, p.code, p.detail FROM problems p
       JOIN files f ON f.id = p.file JOIN origins o ON o.number = f.origin
       WHERE (f.origin, f.path) > (:afterOrigin, :afterPath)
         AND (:origin IS NULL OR f.origin = :origin) AND (:code IS NULL OR p.code = :code)
       ORDER BY f.origin, f.path LIMIT :limit`,
    );
  }

  /** Keeps what is wrong with a file now; `undefined` when nothing is. */
  save(fileId: number, problem: FileProblem | undefined): void {
    if (problem) this.#save.run(fileId, problem.code, problem.detail);
    else this.#drop.run(fileId);
  }

  count(): number {
    return this.#count.get() as number;
  }

  /** Why the tags of a file could not be read; `undefined` when they could, or were not yet. */
  of(fileId: number): FileProblem | undefined {
    return this.#of.get(fileId);
  }

  /** Up to `limit` problems, by origin and path, after one (`undefined`: from the first). */
  after(
    last: Pick<ProblemRow, "originNumber" | "path"> | undefined,
    only: ProblemFilter,
    limit: number,
  ): ProblemRow[] {
    return this.#after.all({
      afterOrigin: last?.originNumber ?? 0,
      afterPath: last?.path ?? "",
      origin: only.originNumber ?? null,
      code: only.code ?? null,
      limit,
    });
  }
}
