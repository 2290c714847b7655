import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import { type FileRow, versionedFile } from "../catalogue/files.js";
import { ByteGate } from "../content/byte-gate.js";
import type { ContentParts } from "../content-parts.js";
import { MusicfsError, messageOf } from "../errors.js";
import { directAccessOf, type LibraryOrigin } from "../library/library-origin.js";
import { OriginError } from "../model/origin-error.js";
import type { FilePlace } from "../store/store.js";
import type { FileVersion } from "../store/store-index.js";
import { FileChangeQueue, type FileChanges } from "./file-changes.js";
import type { KnownManifest, Manifests } from "./manifests.js";

export interface SharedFilesOptions {
  readonly catalogue: Catalogue;
  readonly origins: readonly LibraryOrigin[];
  /** Absent where no origin is read through the store. */
  readonly content: ContentParts | undefined;
  readonly manifests: Manifests;
}

/** Files of one page of a listing. */
const PAGE = 500;
/** What is read of an origin at once, and of all origins for all who ask. */
const PIECE_BYTES = 1024 * 1024;
const MEMORY_BYTES = 32 * 1024 * 1024;
/** Longest manifest that is told, in chunks: of a file of some 8 GB. */
const MAX_CHUNKS = 131_072;

/**
 * The files of the library as their origins have them, for another MusicFS: only those that the catalogue knows, in the
 * very version that is asked for, and never anything else of this machine.
 */
export class SharedFiles {
  readonly #use: SharedFilesOptions;
  readonly #byId: ReadonlyMap<string, LibraryOrigin>;
  readonly #gate = new ByteGate(MEMORY_BYTES);

  constructor(options: SharedFilesOptions) {
    this.#use = options;
    this.#byId = new Map(options.origins.map((source) => [source.origin.id, source]));
  }

  /** An origin was listed to its end. */
  listed(originId: string): void {
    const { catalogue } = this.#use;
    if (catalogue.meta(listedKey(originId)) === undefined) catalogue.setMeta(listedKey(originId), "once");
  }

  /**
   * The files of an origin, or those at and below `paths` of it, in pages.
   *
   * @throws `MFS_NOT_FOUND` for an unknown origin; `MFS_ORIGIN_UNAVAILABLE` as long as an origin was never listed to its
   * end, since what is missing then is no deletion; `signal.reason`.
   */
  async *list(
    originId: string | undefined,
    paths: readonly string[],
    signal: AbortSignal,
  ): AsyncGenerator<readonly FileVersion[]> {
    const sources = originId === undefined ? this.#use.origins : [this.#require(originId)];
    for (const source of sources) this.#requireListed(source.origin.id);
    for (const source of sources) {
      const pages = paths.length === 0 ? this.#all(source) : this.#below(source, paths);
      for (const rows of pages) {
        if (rows.length > 0) yield rows.map((row) => this.#versionOf(row, source));
        await nextTurn();
        signal.throwIfAborted();
      }
    }
  }

  /** The file as the catalogue knows it now. @throws `MFS_NOT_FOUND` for an unknown origin. */
  stat({ originId, path }: FilePlace): FileVersion | undefined {
    const source = this.#require(originId);
    const row = this.#use.catalogue.files.byPath(source.number, path);
    return row && this.#versionOf(row, source);
  }

  /**
   * Reads a range of a version, in pieces; what lies behind its end is left out.
   *
   * @throws `MFS_FILE_CHANGED`, `MFS_NOT_FOUND`, `MFS_ORIGIN_UNAVAILABLE`, or `signal.reason`.
   */
  async *read(
    wanted: FileVersion,
    offsetBytes: number,
    lengthBytes: number,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    const { row, source } = this.#find(wanted);
    const end = Math.min(row.sizeBytes, offsetBytes + lengthBytes);
    for (let at = offsetBytes; at < end; at += PIECE_BYTES) {
      const length = Math.min(PIECE_BYTES, end - at);
      await this.#gate.enter(length, signal);
      try {
        yield await this.#readPiece(row, source, at, length, signal);
      } finally {
        this.#gate.leave(length);
      }
    }
  }

  /**
   * What a version consists of; `undefined` where that is not known.
   *
   * @throws `MFS_FILE_CHANGED`, `MFS_NOT_FOUND`, or `signal.reason`.
   */
  async manifest(wanted: FileVersion, signal: AbortSignal): Promise<KnownManifest | undefined> {
    const { row, source } = this.#find(wanted);
    const version = this.#versionOf(row, source);
    const local = directAccessOf(source.origin);
    const known = local ? await this.#use.manifests.of(version, local, signal) : await this.#kept(version);
    return known && known.manifest.count <= MAX_CHUNKS ? known : undefined;
  }

  /** Gathers what changes until `signal` aborts; the first batch is empty, and comes at once. */
  async *watch(originId: string | undefined, signal: AbortSignal): AsyncGenerator<FileChanges> {
    const only = originId === undefined ? undefined : this.#require(originId).number;
    const ids = new Map(this.#use.origins.map(({ number, origin }) => [number, origin.id]));
    const queue = new FileChangeQueue();
    const { listeners } = this.#use.catalogue.files;
    const listener = (number: number, path: string): void => {
      const id = ids.get(number);
      if (id !== undefined && (only ?? number) === number) queue.add({ originId: id, path });
    };
    listeners.add(listener);
    try {
      yield { files: [], everything: false };
      for (;;) yield await queue.next(signal);
    } finally {
      listeners.delete(listener);
    }
  }

  *#all({ number }: LibraryOrigin): Generator<readonly FileRow[]> {
    for (let id = 0; ; ) {
      const rows = this.#use.catalogue.files.after(number, id, PAGE);
      yield rows;
      const last = rows.at(-1);
      if (!last) return;
      id = last.id;
    }
  }

  *#below(source: LibraryOrigin, paths: readonly string[]): Generator<readonly FileRow[]> {
    const { files } = this.#use.catalogue;
    if (paths.includes("")) return yield* this.#all(source);
    for (const path of paths) {
      const row = files.byPath(source.number, path);
      if (row) yield [row];
      for (let after = ""; ; ) {
        const rows = files.below(source.number, path, after, PAGE);
        yield rows;
        const last = rows.at(-1);
        if (!last) break;
        after = last.path;
      }
    }
  }

  async #readPiece(
    row: FileRow,
    { origin }: LibraryOrigin,
    offsetBytes: number,
    lengthBytes: number,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const { content } = this.#use;
    try {
      const isKept = content !== undefined && !directAccessOf(origin);
      const bytes = isKept
        ? await content.readFile(row, offsetBytes, lengthBytes, signal)
        : await origin.read(versionedFile(row), offsetBytes, lengthBytes, signal);
      if (bytes.length !== lengthBytes)
        throw new Error(`${bytes.length} bytes came instead of ${lengthBytes}`);
      return bytes;
    } catch (error) {
      signal.throwIfAborted();
      throw failureOf(row.path, error);
    }
  }

  async #kept(version: FileVersion): Promise<KnownManifest | undefined> {
    const { content } = this.#use;
    const blob = await content?.store.acquire(version);
    if (!content || !blob) return undefined;
    const { manifest } = blob;
    content.store.release(blob);
    return manifest && { manifest, chunker: content.chunkerId };
  }

  #find(wanted: FileVersion): { row: FileRow; source: LibraryOrigin } {
    const source = this.#require(wanted.originId);
    const { path, sizeBytes, mtimeMs, version } = wanted.file;
    const row = this.#use.catalogue.files.byPath(source.number, path);
    if (!row)
      throw new MusicfsError("MFS_NOT_FOUND", `there is no file '${path}' in origin '${wanted.originId}'`);
    const isSame =
      row.sizeBytes === sizeBytes && row.mtimeMs === mtimeMs && (row.version ?? undefined) === version;
    if (!isSame) throw new MusicfsError("MFS_FILE_CHANGED", `'${path}' is another version by now`);
    return { row, source };
  }

  #require(originId: string): LibraryOrigin {
    const source = this.#byId.get(originId);
    if (source) return source;
    throw new MusicfsError("MFS_NOT_FOUND", `no origin has the id '${originId}'`, {
      hint: "See 'musicfs origin list'.",
    });
  }

  #requireListed(originId: string): void {
    if (this.#use.catalogue.meta(listedKey(originId)) !== undefined) return;
    throw new MusicfsError("MFS_ORIGIN_UNAVAILABLE", `origin '${originId}' was never listed to its end`, {
      hint: "Wait for the first scan: see 'musicfs status'.",
    });
  }

  #versionOf(row: FileRow, { origin }: LibraryOrigin): FileVersion {
    return { originId: origin.id, file: versionedFile(row) };
  }
}

function listedKey(originId: string): string {
  return `listed:${originId}`;
}

function failureOf(path: string, error: unknown): MusicfsError {
  const kind = error instanceof OriginError ? error.kind : undefined;
  const { code } = (error ?? {}) as { code?: unknown };
  if (kind === "changed" || code === "ESTALE") {
    return new MusicfsError("MFS_FILE_CHANGED", `'${path}' is another version by now`, { cause: error });
  }
  if (kind === "missing" || code === "ENOENT") {
    return new MusicfsError("MFS_NOT_FOUND", `'${path}' is gone`, { cause: error });
  }
  return new MusicfsError("MFS_ORIGIN_UNAVAILABLE", `'${path}' cannot be read: ${messageOf(error)}`, {
    cause: error,
  });
}
