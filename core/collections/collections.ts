import type { Catalogue } from "../catalogue/catalogue.js";
import { MusicfsError, messageOf } from "../errors.js";
import type { Branch } from "../library/branch.js";
import type { Library } from "../library/library.js";
import type { Logger } from "../logger.js";
import type { CollectionSource, NamedCollection } from "../model/collection.js";
import { fillFolder } from "./folder.js";
import { query as queryOf } from "./kinds.js";
import { keyOfName, problemOfName } from "./names.js";
import type { SavedSearches } from "./saved-searches.js";
import { NotYetError } from "./source.js";

export interface CollectionsOptions {
  readonly catalogue: Catalogue;
  readonly library: Pick<Library, "edit" | "branch">;
  readonly source: CollectionSource;
  readonly saved: SavedSearches;
  /** Those of the config and of plugins. */
  readonly configured: readonly NamedCollection[];
  readonly log: Logger;
}

/** A collection, as it is shown. */
export interface ShownCollection {
  readonly name: string;
  /** Below the mountpoint. */
  readonly path: string;
  readonly kind: string;
  readonly query?: string;
  /** Whether it was saved by a command. */
  readonly isSaved: boolean;
  readonly tracks: number;
}

/** The folder of all collections. */
const ROOT = "/Collections";
/** Most searches that can be saved. */
const MAX_SAVED = 1000;
/** After a change so long is waited for more of it, in milliseconds. */
const GATHER_MS = 1_000;
/** Bringing all folders up to date may take a part of the time: after it, so many times as long is rest. */
const REST_FACTOR = 10;
/** What depends on the time of day is looked at so often, in milliseconds. */
const HOURLY_MS = 3_600_000;

interface Folder extends NamedCollection {
  readonly isSaved: boolean;
  readonly ino: number;
  tracks: number;
  /** Why it could not be brought up to date; told once. */
  problem: string | undefined;
}

/**
 * `/Collections/<name>/`: folders of tracks that a collection chooses, kept up to date while the library, its index,
 * the plays and the time go on.
 */
export class Collections {
  readonly #options: CollectionsOptions;
  #branch: Branch | undefined;
  readonly #folders = new Map<string, Folder>();
  readonly #closing = new AbortController();
  readonly #hourly: NodeJS.Timeout;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #restUntilMs = 0;
  #isEditing = false;

  /** Makes the folders, empty or as they were; to be made before the first scan. */
  constructor(options: CollectionsOptions) {
    const { configured, saved } = options;
    this.#options = options;
    for (const named of configured) if (!this.#folders.has(keyOfName(named.name))) this.#open(named, false);
    for (const { name, query } of saved.all()) this.#openSaved(name, query);
    this.#removeStrangers();
    this.#hourly = setInterval(() => this.changed(), HOURLY_MS).unref();
    this.changed();
  }

  /** The collections, by name. */
  list(): ShownCollection[] {
    return [...this.#folders.values()].map(shown).sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  /**
   * Saves a search, and shows it; its folder is filled when this resolves.
   *
   * @throws `MFS_COLLECTION_NAME`, `MFS_COLLECTION_EXISTS` or `MFS_QUERY_INVALID`.
   */
  async add(name: string, query: string, replace: boolean): Promise<ShownCollection> {
    const { saved } = this.#options;
    const problem = problemOfName(name);
    if (problem) throw new MusicfsError("MFS_COLLECTION_NAME", problem);
    const collection = queryOf(query);
    const known = this.#folders.get(keyOfName(name));
    if (known && !(replace && known.isSaved)) {
      const hint = known.isSaved
        ? undefined
        : { hint: "It stands in the config: change it there, or take another name." };
      throw new MusicfsError("MFS_COLLECTION_EXISTS", `there is a collection '${known.name}' already`, hint);
    }
    if (this.#folders.size >= MAX_SAVED) {
      throw new MusicfsError("MFS_COLLECTION_NAME", `there are ${MAX_SAVED} collections already`);
    }
    if (known) this.#remove(known);
    saved.save({ name, query });
    const folder = this.#open({ name, collection }, true);
    await this.#soonest(() => this.#fill(folder));
    return shown(folder);
  }

  /**
   * Forgets a saved search.
   *
   * @returns it as it was.
   * @throws `MFS_NOT_FOUND`
   */
  remove(name: string): ShownCollection {
    const folder = this.#folders.get(keyOfName(name));
    if (!folder) throw new MusicfsError("MFS_NOT_FOUND", `there is no collection '${name}'`, LIST_HINT);
    if (!folder.isSaved) {
      throw new MusicfsError(
        "MFS_NOT_FOUND",
        `no search is saved as '${name}': that collection stands in the config`,
      );
    }
    this.#remove(folder);
    return shown(folder);
  }

  /** What collections choose from is different from now on: they are brought up to date in a while. */
  changed(): void {
    if (this.#isEditing || this.#timer || this.#closing.signal.aborted) return;
    const waitMs = Math.max(GATHER_MS, this.#restUntilMs - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#soonest(() => this.#fillAll());
    }, waitMs).unref();
  }

  async close(): Promise<void> {
    this.#closing.abort(new Error("MusicFS stops"));
    clearInterval(this.#hourly);
    clearTimeout(this.#timer);
    await this.#running;
  }

  // One after the other.
  #soonest(work: () => Promise<void>): Promise<void> {
    this.#running = this.#running.then(work).catch(() => undefined);
    return this.#running;
  }

  async #fillAll(): Promise<void> {
    const began = performance.now();
    for (const folder of [...this.#folders.values()]) await this.#fill(folder);
    const endedMs = performance.now();
    this.#restUntilMs = endedMs + (endedMs - began) * REST_FACTOR;
  }

  async #fill(folder: Folder): Promise<void> {
    const { source, catalogue, log } = this.#options;
    const { signal } = this.#closing;
    if (this.#folders.get(keyOfName(folder.name)) !== folder || signal.aborted) return;
    try {
      const { collection } = folder;
      const chosen = (await collection.select(source, signal)).slice(0, collection.limit);
      const library = { edit: <T>(write: () => T): T => this.#edit(write) };
      const branch = this.#root();
      folder.tracks = await fillFolder({ catalogue, library, branch }, folder.ino, chosen, signal);
      folder.problem = undefined;
    } catch (error) {
      if (signal.aborted || error instanceof NotYetError || folder.problem === messageOf(error)) return;
      folder.problem = messageOf(error);
      log.warn(`the collection '${folder.name}' stays as it is: ${folder.problem}`);
    }
  }

  #openSaved(name: string, query: string): void {
    try {
      if (!this.#folders.has(keyOfName(name))) this.#open({ name, collection: queryOf(query) }, true);
    } catch (error) {
      this.#options.log.warn(`the saved search '${name}' is not shown: ${messageOf(error)}`);
    }
  }

  #open(named: NamedCollection, isSaved: boolean): Folder {
    const branch = this.#root();
    const ino = this.#edit(() => {
      const made = branch.directory(branch.rootIno, named.name);
      if (made === undefined) throw new Error(`'${named.name}' is no folder`);
      branch.keep(made);
      return made;
    });
    const tracks = this.#options.catalogue.tree.childrenOf(ino).length;
    const folder: Folder = { ...named, isSaved, ino, tracks, problem: undefined };
    this.#folders.set(keyOfName(named.name), folder);
    return folder;
  }

  #remove(folder: Folder): void {
    this.#folders.delete(keyOfName(folder.name));
    this.#options.saved.remove(folder.name);
    const branch = this.#root();
    this.#edit(() => {
      branch.clear(folder.ino);
      branch.release(folder.ino);
      if (this.#folders.size > 0) return;
      branch.release(branch.rootIno);
      this.#branch = undefined;
    });
  }

  // Without any collection there is no folder for them.
  #root(): Branch {
    this.#branch ??= this.#options.library.branch(ROOT);
    return this.#branch;
  }

  // Folders of an earlier run that no collection has any more.
  #removeStrangers(): void {
    if (this.#folders.size === 0) return;
    const branch = this.#root();
    const own = new Set([...this.#folders.values()].map(({ ino }) => ino));
    const children = this.#options.catalogue.tree.childrenOf(branch.rootIno);
    for (const { name, ino } of children) {
      if (!own.has(ino)) this.#edit(() => branch.remove(branch.rootIno, name));
    }
  }

  // What this changes itself is no reason to choose again.
  #edit<T>(write: () => T): T {
    this.#isEditing = true;
    try {
      return this.#options.library.edit(write);
    } finally {
      this.#isEditing = false;
    }
  }
}

const LIST_HINT = { hint: "See 'musicfs collection list'." };

function shown({ name, collection, isSaved, tracks }: Folder): ShownCollection {
  const { kind, query } = collection;
  return { name, path: `${ROOT}/${name}`, kind, ...(query === undefined ? {} : { query }), isSaved, tracks };
}
