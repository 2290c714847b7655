import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { QueryEntry } from "../catalogue/query-folders.js";
import { ErrnoError } from "../errno.js";
import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import type { EntryChange, NodeAttributes } from "../model/entry.js";
import { settledBy } from "../settled-by.js";
import { entriesOf, type FolderHit } from "./entries.js";
import { Turns } from "./turns.js";

/** What the folders need of the search. */
export interface FolderSearch {
  /** @throws when it cannot answer, or `signal.reason`. */
  find(
    text: string,
    options: { readonly limit: number; readonly lenient: true; readonly signal: AbortSignal },
  ): Promise<{
    /** Best first. */
    readonly hits: readonly FolderHit[];
    /** Anything but `ready`: the answer is not that of the whole library. */
    readonly progress: { readonly state: string };
  }>;
}

export interface SearchFoldersOptions {
  readonly catalogue: Catalogue;
  readonly search: FolderSearch;
  /** Inode of the directory of all queries. */
  readonly rootIno: number;
  /** Number of the view that the names in a query's folder belong to. */
  readonly view: number;
  /** The note that a folder holds while the index is being built: its name, and what gives its inode, in a transaction. */
  readonly indexingNote: { readonly name: string; readonly ino: () => number };
  /** Most tracks in one folder. */
  readonly limit: number;
  /** Most folders that are kept; those made longest ago go first. */
  readonly maxFolders: number;
  /** How long a folder is kept after it was made, in milliseconds. */
  readonly keepMs: number;
  /** Longest that one search may take, in milliseconds. */
  readonly timeoutMs: number;
  readonly log: Logger;
  /** Receives what changed in folders that a kernel may know. */
  readonly onChanges: (changes: readonly EntryChange[]) => void;
}

/** Searches at a time, and those that wait for their turn; more are refused. */
const TURNS = { atOnce: 4, waiting: 256 } as const;
/** A folder is shown for so long though its tracks may have changed: a walk through it looks it up for each entry. */
const FRESH_MS = 1_000;
const TIDY_EVERY_MS = 60_000;
/** Names that are added or removed in one go: a few milliseconds of the main thread. */
const SLICE = 200;
/** Failures are logged at most this often, in milliseconds. */
const LOG_EVERY_MS = 60_000;

interface Kept {
  readonly ino: number;
  madeMs: number;
  /** What {@link SearchFolders.changed} had counted when its search began; -1: of an index that was not whole. */
  stamp: number;
  isShown: boolean;
}

/** A search that is under way, for everybody who asked for it. */
interface Making {
  readonly folder: Promise<number>;
  readonly controller: AbortController;
  waiting: number;
}

/**
 * `/.search/<query>/`: the folder of any query, made when it is looked up.
 *
 * A folder that is shown is in the catalogue, where the mount's workers find it. When the library changes, it is
 * parked: the next lookup searches again, and brings the same inode up to date.
 */
export class SearchFolders {
  readonly #options: SearchFoldersOptions;
  /** By query, the one made longest ago first. */
  readonly #kept = new Map<string, Kept>();
  readonly #making = new Map<string, Making>();
  readonly #turns = new Turns(TURNS.atOnce, TURNS.waiting);
  readonly #tidying: NodeJS.Timeout;
  #expiring: NodeJS.Timeout | undefined;
  #changes = 0;
  #loggedMs = Number.NEGATIVE_INFINITY;
  #isClosed = false;

  constructor(options: SearchFoldersOptions) {
    this.#options = options;
    this.#tidying = setInterval(() => this.#dropOld(), TIDY_EVERY_MS).unref();
  }

  /**
   * Finds or makes the folder of a query; see `LateAnswers.lookup`.
   *
   * @throws ErrnoError EINTR when `signal` aborts, EBUSY when too many wait, EIO when the search fails.
   */
  async lookup(parentIno: number, name: string, signal: AbortSignal): Promise<NodeAttributes | undefined> {
    const query = name.normalize("NFC");
    if (parentIno !== this.#options.rootIno || !isQuery(query)) return undefined;
    const kept = this.#kept.get(query);
    const ino = kept?.isShown ? kept.ino : await this.#joined(query, signal);
    return this.#options.catalogue.reader.getattr(ino);
  }

  /** Removes, one by one, the folders of an earlier run. */
  async removeEarlier(signal: AbortSignal): Promise<void> {
    const { catalogue } = this.#options;
    for (const query of catalogue.queryFolders.parked()) {
      signal.throwIfAborted();
      if (!this.#kept.has(query) && !this.#making.has(query)) {
        catalogue.transaction(() => catalogue.queryFolders.remove(query, Date.now()));
      }
      await nextTurn();
    }
  }

  /** What searches find, or where tracks lie, may be different from now on. */
  changed(): void {
    this.#changes += 1;
    this.#expireSoon();
  }

  close(): void {
    this.#isClosed = true;
    clearInterval(this.#tidying);
    clearTimeout(this.#expiring);
    for (const { controller } of this.#making.values()) controller.abort(new ErrnoError("EINTR"));
  }

  // Whoever asks for what somebody else waits for already waits for the same search; without anybody it ends.
  async #joined(query: string, signal: AbortSignal): Promise<number> {
    if (this.#isClosed) throw new ErrnoError("EIO", "MusicFS stops");
    const making = this.#making.get(query) ?? this.#begin(query);
    making.waiting += 1;
    try {
      return await settledBy(making.folder, signal);
    } catch (error) {
      throw signal.aborted ? new ErrnoError("EINTR") : error;
    } finally {
      making.waiting -= 1;
      if (making.waiting === 0) this.#giveUp(query, making);
    }
  }

  // Whoever asks for it again begins anew.
  #giveUp(query: string, making: Making): void {
    making.controller.abort(new ErrnoError("EINTR"));
    if (this.#making.get(query) === making) this.#making.delete(query);
  }

  #begin(query: string): Making {
    const controller = new AbortController();
    const { timeoutMs } = this.#options;
    const timer = setTimeout(
      () => controller.abort(new Error(`no answer within ${timeoutMs} ms`)),
      timeoutMs,
    );
    const folder = this.#make(query, controller.signal)
      .catch((error) => {
        throw this.#failure(query, error);
      })
      .finally(() => {
        clearTimeout(timer);
        if (this.#making.get(query) === making) this.#making.delete(query);
      });
    folder.catch(() => undefined);
    const making = { folder, controller, waiting: 0 };
    this.#making.set(query, making);
    return making;
  }

  async #make(query: string, signal: AbortSignal): Promise<number> {
    const { catalogue, search, limit } = this.#options;
    return this.#turns.take(signal, async () => {
      const stamp = this.#changes;
      const { hits, progress } = await settledBy(
        search.find(query, { limit, lenient: true, signal }),
        signal,
      );
      const entries = await entriesOf(catalogue, hits, signal);
      return this.#keep(query, entries, progress.state === "ready" ? stamp : -1, signal);
    });
  }

  async #keep(
    query: string,
    links: ReadonlyMap<string, QueryEntry>,
    stamp: number,
    signal: AbortSignal,
  ): Promise<number> {
    signal.throwIfAborted();
    const { catalogue, rootIno, onChanges } = this.#options;
    const known = this.#kept.get(query);
    // Until it is whole nobody sees it, and nobody drops it.
    this.#kept.delete(query);
    if (!known) this.#dropOldest();
    const ino = known?.ino ?? catalogue.transaction(() => catalogue.queryFolders.add(query, Date.now()));
    const changed = await this.#fill(ino, links, stamp < 0, signal);
    signal.throwIfAborted();
    catalogue.transaction(() => catalogue.queryFolders.show(rootIno, query));
    this.#kept.set(query, { ino, madeMs: performance.now(), stamp, isShown: true });
    if (known && changed.length > 0) onChanges(changed.map((name) => ({ parentIno: ino, name })));
    if (stamp !== this.#changes) this.#expireSoon();
    return ino;
  }

  async #fill(
    ino: number,
    links: ReadonlyMap<string, QueryEntry>,
    isNoted: boolean,
    signal: AbortSignal,
  ): Promise<string[]> {
    const { catalogue, view } = this.#options;
    const changed: string[] = [];
    for (;;) {
      const names = catalogue.transaction(() =>
        catalogue.queryFolders.fill(ino, isNoted ? this.#withNote(links) : links, view, Date.now(), SLICE),
      );
      changed.push(...names);
      if (names.length < SLICE) return changed;
      await nextTurn();
      signal.throwIfAborted();
    }
  }

  #withNote(links: ReadonlyMap<string, QueryEntry>): Map<string, QueryEntry> {
    const { name, ino } = this.#options.indexingNote;
    return new Map([[name, { noteIno: ino() }], ...links]);
  }

  #expireSoon(): void {
    if (this.#expiring || this.#isClosed) return;
    this.#expiring = setTimeout(() => {
      this.#expiring = undefined;
      this.#expire();
    }, FRESH_MS).unref();
  }

  // Parks what is outdated and has been shown for a while.
  #expire(): void {
    const stale = [...this.#kept].filter(([, { isShown, stamp }]) => isShown && stamp !== this.#changes);
    const due = stale.filter(([, { madeMs }]) => performance.now() - madeMs >= FRESH_MS);
    this.#park(due);
    if (due.length < stale.length) this.#expireSoon();
  }

  #park(folders: readonly (readonly [string, Kept])[]): void {
    if (folders.length === 0) return;
    const { catalogue, rootIno } = this.#options;
    catalogue.transaction(() => {
      for (const [query] of folders) catalogue.queryFolders.park(rootIno, query);
    });
    for (const [, kept] of folders) kept.isShown = false;
  }

  #dropOldest(): void {
    const [oldest] = this.#kept;
    if (oldest && this.#kept.size >= this.#options.maxFolders) this.#drop(oldest);
  }

  #dropOld(): void {
    const nowMs = performance.now();
    for (const entry of this.#kept) {
      if (nowMs - entry[1].madeMs < this.#options.keepMs) return;
      this.#drop(entry);
    }
  }

  #drop(entry: readonly [string, Kept]): void {
    const { catalogue } = this.#options;
    const [query] = entry;
    this.#park([entry]);
    this.#kept.delete(query);
    catalogue.transaction(() => catalogue.queryFolders.remove(query, Date.now()));
  }

  #failure(query: string, error: unknown): unknown {
    if (error instanceof ErrnoError) return error;
    const now = performance.now();
    if (now - this.#loggedMs >= LOG_EVERY_MS) {
      this.#loggedMs = now;
      this.#options.log.warn(`there is no folder for the query '${query}': ${messageOf(error)}`);
    }
    return new ErrnoError("EIO", messageOf(error));
  }
}

// What begins with a dot is what shells, desktops and version control look for in every directory.
function isQuery(name: string): boolean {
  return name !== "" && !name.startsWith(".");
}
