import { createHash } from "node:crypto";
import type { Database, Statement } from "better-sqlite3";
import { HASH_ALGORITHM } from "./format.js";
import type { Manifest } from "./manifest.js";

/** Where a chunk lies. */
export interface ChunkPlace {
  readonly blobId: number;
  readonly offsetBytes: number;
}

/** Chunks that are looked at or added before others get their turn: a few milliseconds. */
export const CHUNK_SLICE = 512;

type PlaceTuple = [blob: number, offset: number];

/** Of each chunk one place where it lies; and of each blob, what of it lies elsewhere. Writing calls belong in a transaction. */
export class ChunkTable {
  readonly #db: Database;
  readonly #place: Statement<[Uint8Array], PlaceTuple>;
  readonly #put: Statement;
  readonly #dropAll: Statement<[number]>;
  readonly #dropBorrowed: Statement<[number]>;
  readonly #borrow: Statement;
  readonly #giveBack: Statement<[number, number]>;
  readonly #borrowed: Statement<[number], number>;
  readonly #saveCut: Statement;
  readonly #twin: Statement<[Uint8Array, number], number>;

  constructor(db: Database) {
    this.#db = db;
    this.#place = db
      .prepare<[Uint8Array], PlaceTuple>("SELECT blob, offset FROM chunks WHERE hash = ?")
      .raw();
    this.#put = db.prepare("INSERT OR REPLACE INTO chunks (hash, blob, offset, length) VALUES (?, ?, ?, ?)");
    this.#dropAll = db.prepare<[number]>("DELETE FROM chunks WHERE blob = ?");
    this.#dropBorrowed = db.prepare<[number]>("DELETE FROM borrowed WHERE blob = ?");
    this.#borrow = db.prepare(
      "INSERT OR REPLACE INTO borrowed (blob, offset, length, hash) VALUES (?, ?, ?, ?)",
    );
    this.#giveBack = db.prepare<[number, number]>("DELETE FROM borrowed WHERE blob = ? AND offset = ?");
    this.#borrowed = db
      .prepare<[number], number>("SELECT offset FROM borrowed WHERE blob = ? ORDER BY offset")
      .pluck();
    this.#saveCut = db.prepare(
      "UPDATE blobs SET chunker = ?, chunks = ?, manifest = ?, content = ? WHERE id = ?",
    );
    this.#twin = db
      .prepare<[Uint8Array, number], number>("SELECT id FROM blobs WHERE content = ? AND id <> ? LIMIT 1")
      .pluck();
  }

  placeOf(hash: Uint8Array): ChunkPlace | undefined {
    const row = this.#place.get(hash);
    return row && { blobId: row[0], offsetBytes: row[1] };
  }

  /** A chunk of a blob lies in it, whoever had it before. */
  put(blobId: number, manifest: Manifest, chunk: number): void {
    const { offsetBytes, lengthBytes } = manifest.range(chunk);
    this.#put.run(manifest.hash(chunk), blobId, offsetBytes, lengthBytes);
  }

  /** Forgets the chunks that lie in a blob, and what of it lies elsewhere. */
  dropAll(blobId: number): void {
    this.#dropAll.run(blobId);
    this.#dropBorrowed.run(blobId);
  }

  /** A chunk of a blob lies in another one. */
  borrow(blobId: number, manifest: Manifest, chunk: number): void {
    const { offsetBytes, lengthBytes } = manifest.range(chunk);
    this.#borrow.run(blobId, offsetBytes, lengthBytes, manifest.hash(chunk));
  }

  /** A chunk of a blob does not lie in another one any more. */
  giveBack(blobId: number, manifest: Manifest, chunk: number): void {
    this.#giveBack.run(blobId, manifest.range(chunk).offsetBytes);
  }

  /** The chunks of a blob that lie in other ones. */
  borrowedOf(blobId: number, manifest: Manifest): ReadonlySet<number> {
    return new Set(this.#borrowed.all(blobId).map((offsetBytes) => manifest.chunkAt(offsetBytes)));
  }

  /** A blob's file is cut. */
  saveCut(blobId: number, chunkerId: string, manifest: Manifest): void {
    this.#saveCut.run(chunkerId, manifest.count, manifest.bytes, contentOf(manifest), blobId);
  }

  /** Another blob with the very same content. */
  twinOf(blobId: number, manifest: Manifest): number | undefined {
    return this.#twin.get(contentOf(manifest), blobId);
  }

  /** Chunks of all files that are cut, and how many different ones there are. */
  totals(): { chunks: number; uniqueChunks: number } {
    const [chunks, uniqueChunks] = this.#db
      .prepare<[], [number, number]>(
        `SELECT (SELECT coalesce(sum(b.chunks), 0) FROM versions v JOIN blobs b ON b.id = v.blob),
           (SELECT count(*) FROM chunks)`,
      )
      .raw()
      .get() ?? [0, 0];
    return { chunks, uniqueChunks };
  }
}

function contentOf(manifest: Manifest): Buffer {
  return createHash(HASH_ALGORITHM).update(manifest.bytes).digest();
}
