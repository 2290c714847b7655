import { setTimeout } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileRow } from "../catalogue/files.js";
import type { OriginStatus, ScanStatus } from "../control/status.js";
import { ErrnoError } from "../errno.js";
import { messageOf } from "../errors.js";
import type { Hooks, ScanSummary } from "../hooks.js";
import type { Logger } from "../logger.js";
import type { EntryChange } from "../model/entry.js";
import { AlbumShelf } from "./album-shelf.js";
import type { Branch } from "./branch.js";
import type { LibraryOrigin } from "./library-origin.js";
import {
  applyChange,
  compareListing,
  hasChanged,
  type ListingContext,
  type ListingResult,
  removeAllOf,
  removeFiles,
} from "./listing.js";
import { ScanProgress } from "./progress.js";
import { readTagsOfNoted } from "./reading.js";
import type { TagPool } from "./tags/tag-pool.js";
import type { TagProblemCode } from "./tags/tag-problem.js";
import { TrackShelf } from "./track-shelf.js";
import { type NameChange, TreeEditor } from "./tree-editor.js";
import { type View, Views } from "./views.js";

export interface LibraryOptions {
  readonly catalogue: Catalogue;
  readonly origins: readonly LibraryOrigin[];
  readonly hooks: Hooks;
  readonly tagPool: TagPool;
  readonly views: readonly View[];
  readonly log: Logger;
  /** Receives what changed in the tree, after each commit. */
  readonly onChanges: (changes: readonly EntryChange[]) => void;
}

/** Longest wait for an origin's word on one file, in milliseconds. */
const LOOK_TIMEOUT_MS = 8_000;
/** Pause between two looks at what a running listing has noted, in milliseconds. */
const LISTING_POLL_MS = 20;

const NOTHING: ListingResult = { files: 0, added: 0, changed: 0, removed: 0, unreadableFolders: 0 };

interface Summary extends ListingResult {
  readonly originId: string;
  readonly complete: boolean;
  readonly started: number;
}

/** Keeps the catalogue what the origins are: from their listings to tags, tracks and entries. */
export class Library {
  readonly #options: LibraryOptions;
  readonly #origins: ReadonlyMap<number, LibraryOrigin>;
  readonly #editor: TreeEditor;
  readonly #views: Views;
  readonly #shelf: TrackShelf;
  readonly #albums: AlbumShelf;
  readonly #progress = new ScanProgress();
  readonly #committed = (): void => this.#publish();
  // One reader at a time, so that no file is read twice.
  #reading: Promise<unknown> = Promise.resolve();

  constructor(options: LibraryOptions) {
    this.#options = options;
    this.#origins = new Map(options.origins.map((source) => [source.number, source]));
    const originIds = new Map(options.origins.map((source) => [source.number, source.origin.id]));
    const { catalogue, hooks, log } = options;
    const editor = new TreeEditor({ catalogue, wantsPaths: () => hooks.libraryChanged.isUsed });
    this.#editor = editor;
    this.#views = catalogue.transaction(
      () => new Views({ catalogue, editor, originIds, views: options.views }),
    );
    this.#shelf = new TrackShelf({ catalogue, log, originIds, views: this.#views.open });
    this.#albums = new AlbumShelf({ catalogue, shelf: this.#shelf, committed: this.#committed });
    this.#publish();
  }

  /**
   * A branch of the tree for names that no layout makes: see {@link Views.branch}. To be asked for before the
   * first {@link scan}.
   */
  branch(key: string): Branch {
    return this.edit(() => this.#views.branch(key));
  }

  /** Runs `write`, which may change branches, in one transaction, and tells the kernel what changed. Short ones only. */
  edit<T>(write: () => T): T {
    const result = this.#options.catalogue.transaction(write);
    this.#publish();
    return result;
  }

  /**
   * Brings the catalogue up to date with every origin. An origin that fails keeps what is known of it.
   * Counts as running from the call on, also while it waits for `delayMs`.
   *
   * @throws `signal.reason`, or what a fault of the catalogue threw.
   */
  async scan(signal: AbortSignal, delayMs = 0): Promise<void> {
    this.#progress.start();
    try {
      if (delayMs > 0) await setTimeout(delayMs, undefined, { signal });
      // What could not be read may be readable now; what is malformed stays so until the file changes.
      this.#options.catalogue.files.noteAgain("unreadable" satisfies TagProblemCode);
      await this.#removeUnconfigured(signal);
      await this.#views.removeUnclaimed(this.#committed, signal);
      await this.#shelf.putAllAnew(this.#committed, signal);
      const listings = Promise.all(this.#options.origins.map((source) => this.#scanOrigin(source, signal)));
      await this.#readUntil(listings, signal);
      for (const summary of await listings)
        await this.#options.hooks.scanCompleted.call(this.#summaryOf(summary));
    } finally {
      this.#progress.end();
    }
  }

  /**
   * Looks at one file again, because it was not what the catalogue says. The tree is right when this
   * resolves; new tags follow.
   *
   * @throws ErrnoError EIO when the origin cannot tell.
   */
  async refresh(ino: number, signal: AbortSignal): Promise<void> {
    const row = this.#options.catalogue.files.byIno(ino);
    const source = row && this.#origins.get(row.originNumber);
    if (!row || !source) return;
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)]);
    try {
      const file = await source.origin.stat(row.path, deadline);
      if (!file) removeFiles(this.#listingContext, [row]);
      else if (hasChanged(row, file)) this.#applyChange(row, file);
      else return;
    } catch (error) {
      throw new ErrnoError(
        "EIO",
        `cannot look at '${row.path}' of origin '${source.origin.id}': ${messageOf(error)}`,
      );
    }
    this.#committed();
    this.#progress.found(1);
    this.#readUntil(Promise.resolve(), signal).catch((error) => {
      if (!signal.aborted) this.#options.log.error(`reading tags failed: ${messageOf(error)}`);
    });
  }

  scanStatus(): ScanStatus {
    return this.#progress.status(this.#options.catalogue.files.problemCount());
  }

  originStatus(): OriginStatus[] {
    return this.#options.origins.map(({ number, origin, error }) => ({
      id: origin.id,
      files: this.#options.catalogue.files.count(number),
      ...(error === undefined ? {} : { error }),
    }));
  }

  get #listingContext(): ListingContext {
    const { catalogue, log } = this.#options;
    return { catalogue, log, editor: this.#editor, progress: this.#progress, committed: this.#committed };
  }

  async #scanOrigin(source: LibraryOrigin, signal: AbortSignal): Promise<Summary> {
    const originId = source.origin.id;
    const started = performance.now();
    await this.#options.hooks.scanStarted.call({ originId });
    this.#progress.listingStarted();
    try {
      const result = await compareListing(this.#listingContext, source, signal);
      source.error = undefined;
      return { originId, complete: true, ...result, started };
    } catch (error) {
      if (signal.aborted) throw error;
      source.error = messageOf(error);
      this.#options.log.warn(
        `origin '${originId}' cannot be listed; what is known of it stays: ${source.error}`,
      );
      return { originId, complete: false, ...NOTHING, started };
    } finally {
      this.#progress.listingEnded();
    }
  }

  #summaryOf({ started, ...summary }: Summary): ScanSummary {
    const skipped = this.#options.catalogue.files.problemCount();
    return { ...summary, skipped, durationMs: Math.round(performance.now() - started) };
  }

  // Reads tags until `listings` is settled and nothing is left to read.
  #readUntil(listings: Promise<unknown>, signal: AbortSignal): Promise<void> {
    let isListing = true;
    const settled = listings.then(
      () => {
        isListing = false;
      },
      () => {
        isListing = false;
      },
    );
    const hasMore = async (): Promise<boolean> => {
      if (!isListing) return false;
      await Promise.race([settled, setTimeout(LISTING_POLL_MS)]);
      return true;
    };
    const { catalogue, tagPool } = this.#options;
    const context = {
      catalogue,
      tagPool,
      shelf: this.#shelf,
      albums: this.#albums,
      progress: this.#progress,
      origins: this.#origins,
    };
    const reading = this.#reading.then(() =>
      readTagsOfNoted({ ...context, committed: this.#committed }, hasMore, signal),
    );
    this.#reading = reading.catch(() => undefined);
    return reading;
  }

  #applyChange(row: FileRow, file: Parameters<typeof applyChange>[3]): void {
    const { catalogue } = this.#options;
    catalogue.transaction(() => applyChange(catalogue, this.#editor, row, file));
  }

  // An origin that is no longer in the config: its files go, as its owner wants.
  async #removeUnconfigured(signal: AbortSignal): Promise<void> {
    const { catalogue } = this.#options;
    for (const { number } of catalogue.origins().filter((known) => !this.#origins.has(known.number))) {
      await removeAllOf(this.#listingContext, number, signal);
      catalogue.removeOrigin(number);
    }
  }

  #publish(): void {
    const changes = this.#editor.takeChanges();
    if (changes.length === 0) return;
    this.#options.onChanges(changes);
    const { libraryChanged } = this.#options.hooks;
    if (!libraryChanged.isUsed) return;
    const pathsOf = (kind: NameChange["kind"]): string[] =>
      changes.flatMap((change) => (change.kind === kind && change.path !== undefined ? [change.path] : []));
    void libraryChanged.call({
      added: pathsOf("added"),
      changed: pathsOf("changed"),
      removed: pathsOf("removed"),
    });
  }
}
