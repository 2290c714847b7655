import { messageOf } from "../errors.js";
import type { DocumentChanges, DocumentSource } from "./documents.js";
import type { IndexProgress } from "./engine-end.js";

/** Where an index stands, to be kept within it: written in the commit of the changes that led there. */
export interface IndexPosition {
  /** {@link DocumentSource.identity} */
  readonly identity: string;
  readonly cursor: number;
}

/** What of an index {@link Indexer} needs. All calls are synchronous; what they throw ends the indexing. */
export interface IndexWriter {
  /** What the last {@link commit} was given; `undefined` for a new index. */
  position(): IndexPosition | undefined;
  /** Removes all documents. */
  clear(): void;
  /** Takes changes, to be found after the next commit. */
  apply(changes: DocumentChanges): void;
  /** Makes what was applied durable and visible, and notes `position` with it. */
  commit(position: IndexPosition): void;
  /** Documents in the last commit. */
  tracks(): number;
}

export interface IndexerOptions {
  readonly source: DocumentSource;
  readonly writer: IndexWriter;
  /** Changes that are read in one go: what the thread does without a pause. */
  readonly batch: number;
  /** Called after each commit, and once at the start. */
  readonly onProgress: (progress: IndexProgress) => void;
  /** The indexing ended because of a failure. */
  readonly onFailure: (error: unknown) => void;
}

/** After a hint that something changed, so long is waited for more of it, in milliseconds. */
const GATHER_MS = 50;
/** Least time between two commits while the library changes, in milliseconds: each costs some ten. */
const COMMIT_EVERY_MS = 400;
/** The same while the index is more than a batch behind: there what counts is to be done. */
const COMMIT_BEHIND_MS = 15_000;

/**
 * Keeps an index what the catalogue is: reads what changed since the index's own last commit, batch by batch, and
 * commits. It runs in the thread that it is made in, giving way to others after each batch.
 */
export class Indexer {
  readonly #options: IndexerOptions;
  #cursor = 0;
  #isDirty = false;
  #isCurrent = false;
  #committedMs = Number.NEGATIVE_INFINITY;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #isClosed = false;

  constructor(options: IndexerOptions) {
    this.#options = options;
  }

  /** Looks where the index stands, and begins. */
  start(): void {
    this.#guard(() => {
      const { source, writer, onProgress } = this.#options;
      const position = writer.position();
      const goesOn = position?.identity === source.identity && source.canGoOnAt(position.cursor);
      if (position && !goesOn) writer.clear();
      this.#cursor = goesOn ? position.cursor : 0;
      this.#isDirty = !goesOn;
      onProgress({ tracks: writer.tracks(), stamp: this.#cursor, isCurrent: false });
      this.#soon();
    });
  }

  /** Something changed in the catalogue. */
  wake(): void {
    if (this.#isClosed || this.#immediate || this.#timer) return;
    this.#later(GATHER_MS);
  }

  /** Ends; what was not committed is read again by the next one. */
  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#options.source.close();
  }

  #step(): void {
    const { source, writer, batch } = this.#options;
    const changes = source.after(this.#cursor, batch);
    if (changes.cursor !== this.#cursor) {
      writer.apply(changes);
      this.#cursor = changes.cursor;
      this.#isDirty = true;
    }
    const isBehind = changes.documents.length + changes.removedIds.length >= batch;
    const everyMs = isBehind ? COMMIT_BEHIND_MS : COMMIT_EVERY_MS;
    const waitMs = this.#committedMs + everyMs - performance.now();
    if (isBehind) {
      if (waitMs <= 0) this.#commit(false);
      this.#soon();
    } else if (waitMs <= 0 || !this.#isCurrent) {
      this.#commit(true);
    } else if (this.#isDirty) {
      this.#later(waitMs);
    }
  }

  #commit(isCurrent: boolean): void {
    const { source, writer, onProgress } = this.#options;
    if (this.#isDirty) writer.commit({ identity: source.identity, cursor: this.#cursor });
    else if (isCurrent === this.#isCurrent) return;
    this.#isDirty = false;
    this.#isCurrent = isCurrent;
    this.#committedMs = performance.now();
    onProgress({ tracks: writer.tracks(), stamp: this.#cursor, isCurrent });
  }

  #soon(): void {
    this.#immediate = setImmediate(() => {
      this.#immediate = undefined;
      this.#guard(() => this.#step());
    });
  }

  #later(ms: number): void {
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#guard(() => this.#step());
    }, ms);
  }

  #guard(run: () => void): void {
    if (this.#isClosed) return;
    try {
      run();
    } catch (error) {
      this.close();
      this.#options.onFailure(error instanceof Error ? error : new Error(messageOf(error)));
    }
  }
}
