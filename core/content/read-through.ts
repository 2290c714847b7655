import { withDelta } from "../delta/delta.js";
import type { DeltaOptions } from "../delta/delta-file.js";
import type { Logger } from "../logger.js";
import type { VersionReader } from "../origins/version-reader.js";
import type { ContentStore } from "../store/content-store.js";
import type { FileVersion } from "../store/store-index.js";
import { BufferPool } from "./buffer-pool.js";
import { ByteGate } from "./byte-gate.js";
import { CachedFile } from "./cached-file.js";
import type { FetcherOptions } from "./fetcher.js";

export interface ReadThroughOptions {
  readonly store: ContentStore;
  /** What reads a version from its origin, or from others that have the same bytes. */
  readonly reader: (version: FileVersion) => VersionReader;
  /** Whether what is read of an origin is kept. */
  readonly keeps: (originId: string) => boolean;
  /** How the audio of two versions of a file is compared. */
  readonly delta: { readonly samples: number };
  readonly log: Logger;
  /** Aborts when the daemon stops. */
  readonly signal: AbortSignal;
}

/** Bytes of all fetches that may be in memory at once. */
const MEMORY_BYTES = 64 * 1024 * 1024;
/** Longest that an origin may take for one piece, in milliseconds. */
const TIMEOUT_MS = 30_000;
/** Files whose readers are remembered. */
const MAX_FILES = 4096;

/** Reads files through the store: one {@link CachedFile} for each version, however many read it. */
export class ReadThrough {
  readonly #options: ReadThroughOptions;
  readonly #use: FetcherOptions;
  readonly #delta: DeltaOptions;
  /** The last used last. */
  readonly #files = new Map<string, CachedFile>();
  readonly #shown = new Map<string, CachedFile>();

  constructor(options: ReadThroughOptions) {
    const { store, delta, keeps, log, signal } = options;
    this.#options = options;
    this.#delta = { store, samples: delta.samples, log, signal };
    this.#use = {
      store,
      keeps,
      signal,
      log,
      pool: new BufferPool(),
      gate: new ByteGate(MEMORY_BYTES),
      timeoutMs: TIMEOUT_MS,
    };
  }

  /** The file that an inode showed when it was asked for last; `undefined` when that is forgotten. */
  shownBy(ino: number, revision: number): CachedFile | undefined {
    return this.#shown.get(`${ino}:${revision}`);
  }

  /** The file of an inode. */
  show(ino: number, revision: number, version: FileVersion): CachedFile {
    const file = this.file(version);
    file.link(ino, revision);
    this.#shown.set(`${ino}:${revision}`, file);
    if (this.#shown.size > MAX_FILES) this.#forgetOldest(this.#shown);
    return file;
  }

  file(version: FileVersion): CachedFile {
    const key = keyOf(version);
    const known = this.#files.get(key);
    if (known) {
      this.#files.delete(key);
      this.#files.set(key, known);
      return known;
    }
    const reader = this.#options.reader(version);
    const file = new CachedFile(version, withDelta(version, reader, this.#delta), this.#use, reader);
    this.#files.set(key, file);
    if (this.#files.size > MAX_FILES) this.#forgetOldest(this.#files);
    return file;
  }

  // What is being fetched stays: who asks for the same must find it.
  #forgetOldest(files: Map<string, CachedFile>): void {
    for (const [key, file] of files) {
      if (!file.isIdle) continue;
      files.delete(key);
      return;
    }
  }
}

function keyOf({ originId, file }: FileVersion): string {
  return JSON.stringify([originId, file.path, file.sizeBytes, file.mtimeMs, file.version]);
}
