import type { Catalogue } from "../../catalogue/catalogue.js";
import type { FileRow } from "../../catalogue/files.js";
import { messageOf } from "../../errors.js";
import type { GeneratedFiles } from "../../generated/generated-files.js";
import type { Logger } from "../../logger.js";
import type { Branch } from "../branch.js";
import type { Library } from "../library.js";
import type { LibraryOrigin } from "../library-origin.js";
import type { NamesMode } from "../names.js";
import { PlaylistNames } from "./playlist-names.js";
import type { PlaylistRenderer } from "./playlist-renderer.js";

const MAKER = "playlist";
const FOLDER = "/Playlists";
/** Playlists that are shown. */
const MAX_PLAYLISTS = 2000;
/** From a change to the playlists that follow it, in milliseconds: changes mostly come in groups. */
const FOLLOW_AFTER_MS = 400;

export interface PlaylistsOptions {
  readonly catalogue: Catalogue;
  readonly library: Library;
  readonly generated: GeneratedFiles;
  readonly renderer: PlaylistRenderer;
  readonly origins: readonly LibraryOrigin[];
  readonly names: NamesMode;
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** Shows the playlists of the origins under `/Playlists`, with entries that follow the tree. */
export class Playlists {
  readonly #options: PlaylistsOptions;
  #branch: Branch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  #isStale = false;
  #isClosed = false;

  /** To be made before the library's first scan. */
  constructor(options: PlaylistsOptions) {
    this.#options = options;
    const { catalogue, library, generated, renderer } = options;
    generated.addMaker({
      name: MAKER,
      async make({ subject }, signal) {
        const row = catalogue.files.byId(Number(subject));
        if (!row) throw new Error("the playlist is gone");
        return renderer.render(row, signal);
      },
    });
    // What an earlier run showed stays until it is looked at.
    if (this.#rows().length > 0) this.#branch = library.branch(FOLDER);
    let known = catalogue.files.playlistChanges;
    catalogue.onCommit(() => {
      if (known === catalogue.files.playlistChanges) return;
      known = catalogue.files.playlistChanges;
      this.follow();
    });
  }

  /** Has the playlists follow what changed, a moment later; while a scan runs, after it. */
  follow(): void {
    this.#isStale = true;
    if (this.#timer || this.#isClosed) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#running || this.#options.library.scanStatus().state === "running") return this.follow();
      void this.refresh();
    }, FOLLOW_AFTER_MS);
    this.#timer.unref();
  }

  /** Brings the playlists up to date now. Failures are logged. */
  refresh(): Promise<void> {
    this.#running ??= this.#refresh()
      .catch((error) => {
        if (!this.#options.signal.aborted)
          this.#options.log.warn(`playlists cannot be shown: ${messageOf(error)}`);
      })
      .finally(() => {
        this.#running = undefined;
        if (this.#isStale) this.follow();
      });
    return this.#running;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  async #refresh(): Promise<void> {
    this.#isStale = false;
    const { library } = this.#options;
    const rows = this.#rows();
    if (rows.length === 0 && !this.#branch) return;
    this.#branch ??= library.branch(FOLDER);
    const wanted = await this.#makeAll(rows);
    if (!this.#isClosed) this.#show(this.#branch, wanted);
  }

  /** Inodes of those that are to be shown, by name. */
  async #makeAll(rows: readonly FileRow[]): Promise<ReadonlyMap<string, number>> {
    const { generated, catalogue, origins, names, signal } = this.#options;
    const ids = new Map(origins.map(({ number, origin }) => [number, origin.id]));
    const given = new PlaylistNames(ids, names);
    const wanted = new Map<string, number>();
    for (const row of rows) {
      signal.throwIfAborted();
      const bytes = await this.#render(row);
      // One that cannot be read now keeps what it showed.
      const known = bytes ? undefined : catalogue.generated.bySubject(MAKER, String(row.id))?.ino;
      if (!bytes && known === undefined) continue;
      const name = given.take(row, bytes);
      if (name === undefined) continue;
      const ino = bytes ? await generated.put(MAKER, String(row.id), bytes, row.mtimeMs) : known;
      if (ino !== undefined) wanted.set(name, ino);
    }
    return wanted;
  }

  async #render(row: FileRow): Promise<Uint8Array | undefined> {
    const { renderer, signal, log } = this.#options;
    try {
      return await renderer.render(row, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      log.warn(`cannot read the playlist '${row.path}': ${messageOf(error)}`);
      return undefined;
    }
  }

  #show(branch: Branch, wanted: ReadonlyMap<string, number>): void {
    const { library, catalogue, generated } = this.#options;
    library.edit(() => {
      const shown = new Map(catalogue.tree.childrenOf(branch.rootIno).map(({ name, ino }) => [name, ino]));
      for (const [name, ino] of shown) {
        if (wanted.get(name) === ino) continue;
        branch.remove(branch.rootIno, name);
        if (!catalogue.tree.hasName(ino) && ![...wanted.values()].includes(ino)) generated.remove(ino);
      }
      for (const [name, ino] of wanted) if (shown.get(name) !== ino) branch.add(branch.rootIno, name, ino);
    });
  }

  #rows(): FileRow[] {
    return this.#options.catalogue.files.playlists(MAX_PLAYLISTS);
  }
}
