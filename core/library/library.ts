import { setTimeout } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileRow } from "../catalogue/files.js";
import type { OriginStatus, ScanStatus } from "../control/status.js";
import { CoverFolders } from "../covers/cover-folders.js";
import { ErrnoError } from "../errno.js";
import { MusicfsError, messageOf } from "../errors.js";
import type { GeneratedFiles } from "../generated/generated-files.js";
import type { Hooks, ScanSummary } from "../hooks.js";
import type { Logger } from "../logger.js";
import type { EntryChange } from "../model/entry.js";
import type { HeldRemoval, OriginFile } from "../model/origin.js";
import { NO_FACTS } from "./album-knowledge.js";
import { AlbumShelf } from "./album-shelf.js";
import type { Branch } from "./branch.js";
import { type CompanionSettings, Companions } from "./companions/companions.js";
import { Federation } from "./federation.js";
import { Follower } from "./follower.js";
import { type LibraryOrigin, troubleOf } from "./library-origin.js";
import { applyChange, hasChanged, type ListingContext } from "./listing.js";
import { foldName, type NamesMode } from "./names.js";
import { type LookResult, OriginLister } from "./origin-lister.js";
import { ScanProgress } from "./progress.js";
import { RemovalGuard } from "./removal-guard.js";
import { removeFiles } from "./removing.js";
import { TagReading } from "./tag-reading.js";
import type { TagPool } from "./tags/tag-pool.js";
import type { TagProblemCode } from "./tags/tag-problem.js";
import { TrackShelf } from "./track-shelf.js";
import { type NameChange, TreeEditor } from "./tree-editor.js";
import { foldNames, followCompanionSettings, removeUnconfigured } from "./upkeep.js";
import { type View, Views } from "./views.js";

export interface LibraryOptions {
  readonly catalogue: Catalogue;
  readonly origins: readonly LibraryOrigin[];
  /** Whether files of origins that are not there now stay: one of them may only be switched off. */
  readonly keepsUnconfigured: boolean;
  readonly hooks: Hooks;
  readonly tagPool: TagPool;
  readonly views: readonly View[];
  /** See `TrackShelfOptions`. */
  readonly keepsPaths: boolean;
  readonly names: NamesMode;
  readonly generated: GeneratedFiles;
  readonly companions: CompanionSettings;
  /** Called at the end of each scan, which lasts until it resolves: brings along what follows the tree. */
  readonly finishScan: () => Promise<void>;
  readonly log: Logger;
  /** Receives what changed in the tree, after each commit. */
  readonly onChanges: (changes: readonly EntryChange[]) => void;
}

/** What is to be looked at again. */
export interface RescanRequest {
  /** Default: all origins. */
  readonly source?: LibraryOrigin;
  /** A file or folder of the origin, with all below it. Default: everything. */
  readonly path?: string;
}

/** Longest wait for an origin's word on one file, in milliseconds. */
const LOOK_TIMEOUT_MS = 8_000;

interface Summary extends LookResult {
  readonly originId: string;
  readonly started: number;
}

/** Keeps the catalogue what the origins are: from their listings to tags, tracks and entries. */
export class Library {
  /** Covers in other sizes, as far as they are in the tree. */
  readonly coverFolders: CoverFolders;
  readonly #options: LibraryOptions;
  readonly #origins: ReadonlyMap<number, LibraryOrigin>;
  readonly #editor: TreeEditor;
  readonly #views: Views;
  readonly #shelf: TrackShelf;
  readonly #albums: AlbumShelf;
  readonly #federation: Federation;
  readonly #guard: RemovalGuard;
  readonly #lister: OriginLister;
  readonly #followers = new Map<number, Follower>();
  readonly #progress = new ScanProgress();
  readonly #committed = (): void => this.#publish();
  readonly #reading: TagReading;

  constructor(options: LibraryOptions) {
    this.#options = options;
    this.#origins = new Map(options.origins.map((source) => [source.number, source]));
    const originIds = new Map(options.origins.map((source) => [source.number, source.origin.id]));
    const { catalogue, hooks, log } = options;
    if (options.names === "portable") catalogue.tree.fold = foldName;
    const editor = new TreeEditor({ catalogue, wantsPaths: () => hooks.libraryChanged.isUsed });
    this.#editor = editor;
    this.#views = catalogue.transaction(
      () => new Views({ catalogue, editor, originIds, views: options.views, names: options.names }),
    );
    const { names, keepsPaths } = options;
    const views = this.#views.open;
    this.#shelf = new TrackShelf({ catalogue, log, originIds, views, keepsPaths, editor, names });
    this.#albums = new AlbumShelf({ catalogue, shelf: this.#shelf, editor, committed: this.#committed });
    const { generated, companions: shown } = options;
    const [branch, coversBranch] = catalogue.transaction(() => [
      this.#views.branch("companions"),
      this.#views.branch("covers"),
    ]);
    const coverFolders = new CoverFolders({ catalogue, generated, branch: coversBranch });
    this.coverFolders = coverFolders;
    const companions = new Companions({ catalogue, branch, generated, names, shown, coverFolders });
    editor.onDirectories((directories) => companions.update(directories));
    this.#guard = new RemovalGuard({
      catalogue,
      onChange: (source, held) => this.#heldChanged(source, held),
    });
    const { origins } = options;
    this.#federation = new Federation({ catalogue, editor, origins, committed: this.#committed });
    const reading = {
      catalogue,
      tagPool: options.tagPool,
      shelf: this.#shelf,
      albums: this.#albums,
      editor,
      federation: this.#federation,
      progress: this.#progress,
      origins: this.#origins,
      committed: this.#committed,
    };
    this.#reading = new TagReading(reading, log);
    this.#lister = new OriginLister(this.#listingContext, this.#guard, hooks);
    this.#publish();
  }

  /** The views, in the order of the config. */
  get views(): readonly { readonly root: string; readonly number: number }[] {
    return this.#views.open;
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
      await foldNames(this.#options.catalogue, this.#options.names, signal);
      if (!this.#options.keepsUnconfigured)
        await removeUnconfigured(this.#listingContext, this.#origins, signal);
      await this.#views.removeUnclaimed(this.#committed, signal);
      await this.#federation.begin(signal);
      await this.#shelf.putAllAnew(this.#committed, signal);
      await followCompanionSettings(this.#listingContext, this.#options.companions, signal);
      await this.#scanOrigins(this.#options.origins, undefined, signal);
      await this.#options.finishScan();
    } finally {
      this.#progress.end();
    }
  }

  /**
   * Looks at origins again, and reads the tags of what is new or different.
   *
   * @returns what it did of each origin.
   * @throws `MFS_USAGE` for a path that leads out of an origin, or `signal.reason`.
   */
  async rescan({ source, path }: RescanRequest, signal: AbortSignal): Promise<ScanSummary[]> {
    const sources = source ? [source] : this.#options.origins;
    const paths = path === undefined ? undefined : [checkedPath(path)];
    this.#progress.start();
    try {
      const summaries = await this.#scanOrigins(sources, paths, signal);
      await this.#options.finishScan();
      return summaries;
    } finally {
      this.#progress.end();
    }
  }

  /**
   * Removes the files of an origin that were held, if a listing still misses them.
   *
   * @returns how many were removed; 0 when nothing was held.
   * @throws `MFS_ORIGIN_UNAVAILABLE` when it cannot be listed.
   */
  async confirmRemoval(source: LibraryOrigin, signal: AbortSignal): Promise<number> {
    if (!this.#guard.held(source)) return 0;
    const { complete, removed } = await this.#lister.look(source, undefined, signal, { allows: () => true });
    if (!complete) {
      throw new MusicfsError(
        "MFS_ORIGIN_UNAVAILABLE",
        `nothing was removed, since origin '${source.origin.id}' cannot be listed: ${source.error}`,
      );
    }
    this.#guard.release(source);
    return removed;
  }

  /** Notices the changes of every origin from now on. Resolves when `signal` has aborted and all is at rest. */
  async follow(signal: AbortSignal): Promise<void> {
    const running = this.#options.origins.map((source) => {
      const follower = new Follower({
        source,
        log: this.#options.log,
        look: (paths) => this.#lookAt(source, paths, signal),
        releasableInMs: () => this.#guard.releasableInMs(source),
      });
      this.#followers.set(source.number, follower);
      return follower.run(signal);
    });
    await Promise.all(running);
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
    if (row && !source) this.#federation.detour(row);
    if (!row || !source) return;
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)]);
    try {
      const file = await source.origin.stat(row.path, deadline);
      const isGone = !file && this.#removeOne(source, row);
      if (!file && !isGone) this.#federation.detour(row, true);
      else if (file && hasChanged(row, file)) this.#applyChange(row, file);
      else if (file) return;
    } catch (error) {
      if (this.#federation.detour(row)) return;
      throw new ErrnoError(
        "EIO",
        `cannot look at '${row.path}' of origin '${source.origin.id}': ${messageOf(error)}`,
      );
    }
    this.#committed();
    this.#reading.begin(signal, 1);
  }

  /** An origin answers again: what was shown from elsewhere meanwhile is shown from it. */
  originBack(signal: AbortSignal): void {
    this.#federation.back();
    this.#reading.begin(signal);
  }

  /** Takes other priorities of the origins into use. */
  async rankOrigins(signal: AbortSignal): Promise<void> {
    await this.#federation.rank(signal);
    this.#reading.begin(signal);
  }

  scanStatus(): ScanStatus {
    return this.#progress.status(this.#options.catalogue.problems.count());
  }

  originStatus(): OriginStatus[] {
    return this.#options.origins.map((source) => {
      const { number, origin } = source;
      const error = troubleOf(source);
      const held = this.#guard.held(source);
      return {
        id: origin.id,
        files: this.#options.catalogue.files.count(number),
        changes: this.#followers.get(number)?.mode ?? "rescan",
        ...(error === undefined ? {} : { error }),
        ...(held ? { held } : {}),
      };
    });
  }

  get #listingContext(): ListingContext {
    const { catalogue, log } = this.#options;
    return {
      catalogue,
      log,
      editor: this.#editor,
      guard: this.#guard,
      federation: this.#federation,
      progress: this.#progress,
      // Elsewhere the album is looked at as a whole, since a file came or went.
      moved: (row) => {
        if (this.#albums.isHeap(row.album)) this.#shelf.put(row, NO_FACTS);
      },
      committed: this.#committed,
    };
  }

  async #scanOrigins(
    sources: readonly LibraryOrigin[],
    paths: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<ScanSummary[]> {
    // What could not be read may be readable now; what is malformed stays so until the file changes.
    this.#options.catalogue.files.noteAgain("unreadable" satisfies TagProblemCode);
    const listings = Promise.all(sources.map((source) => this.#scanOrigin(source, paths, signal)));
    await this.#reading.until(listings, signal);
    const summaries = (await listings).map((summary) => this.#summaryOf(summary));
    for (const summary of summaries) await this.#options.hooks.scanCompleted.call(summary);
    return summaries;
  }

  async #scanOrigin(
    source: LibraryOrigin,
    paths: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<Summary> {
    const originId = source.origin.id;
    const started = performance.now();
    await this.#followers.get(source.number)?.beforeListing(signal);
    await this.#options.hooks.scanStarted.call({ originId });
    const result = await this.#lister.look(source, paths, signal);
    return { originId, ...result, started };
  }

  // What a follower wants: nobody waits for the tags.
  async #lookAt(
    source: LibraryOrigin,
    paths: readonly string[] | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    if (paths === undefined) {
      await this.rescan({ source }, signal);
      return;
    }
    this.#progress.start();
    try {
      await this.#lister.look(source, paths, signal);
    } finally {
      this.#reading.begin(signal);
      this.#progress.end();
    }
  }

  // Returns whether it may be removed, and is.
  #removeOne(source: LibraryOrigin, row: FileRow): boolean {
    const known = this.#options.catalogue.files.count(source.number);
    const mayGo = this.#guard.allows(source, { missing: 1, known, listed: undefined });
    if (mayGo) removeFiles(this.#listingContext, [row]);
    return mayGo;
  }

  #heldChanged(source: LibraryOrigin, held: HeldRemoval | undefined): void {
    const { id } = source.origin;
    if (held) {
      this.#options.log.warn(
        `${held.files} of ${held.ofFiles} files of origin '${id}' are missing at once; they stay until a later ` +
          `listing shows the same, or somebody runs: musicfs origin confirm '${id}'`,
      );
    } else {
      this.#options.log.info(`no removal of origin '${id}' is held any more`);
      this.#federation.back();
    }
    this.#lister.heldChanged(source, held);
  }

  #summaryOf({ started, ...summary }: Summary): ScanSummary {
    const skipped = this.#options.catalogue.problems.count();
    return { ...summary, skipped, durationMs: Math.round(performance.now() - started) };
  }

  #applyChange(row: FileRow, file: OriginFile): void {
    const { catalogue } = this.#options;
    catalogue.transaction(() => applyChange(catalogue, this.#editor, row, file));
  }

  #publish(): void {
    const changes = this.#editor.takeChanges();
    const remade = this.#options.generated.takeChanges();
    if (changes.length + remade.length === 0) return;
    this.#options.onChanges([...changes, ...remade]);
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

// Somebody's path in an origin, as origins have them.
function checkedPath(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  if (!segments.includes("..") && !path.includes("\0")) return segments.join("/");
  throw new MusicfsError("MFS_USAGE", `'${path}' is no path in an origin; give one such as 'Artist/Album'`);
}
