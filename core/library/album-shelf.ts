import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import { FILE_KIND } from "../catalogue/schema.js";
import { digestOf, type FolderFacts, factsOfFolder, MAX_ALBUM_TRACKS, NO_FACTS } from "./album-knowledge.js";
import type { TrackShelf } from "./track-shelf.js";

/** Files placed in one transaction. */
const SLICE = 64;
/** Stands in place of a digest for a folder that is a heap. */
const HEAP = "heap";

export interface AlbumShelfOptions {
  readonly catalogue: Catalogue;
  readonly shelf: TrackShelf;
  /** Called after each commit. */
  readonly committed: () => void;
}

/**
 * Shows the tracks of a folder once the tags of all of them are known, since the place of one may depend on
 * the others: who the album's artist is, whether there are several discs. What comes, goes or changes later
 * has its folder looked at again. So the tree depends on the files alone, and not on the order of the scan.
 */
export class AlbumShelf {
  readonly #options: AlbumShelfOptions;
  #settling: Promise<void> = Promise.resolve();

  constructor(options: AlbumShelfOptions) {
    this.#options = options;
  }

  /** Whether tracks of a folder do not wait for each other: there are too many. */
  isHeap(album: number): boolean {
    return this.#options.catalogue.albums.byId(album)?.digest === HEAP;
  }

  /** Looks at every folder in which something changed, and of whose tracks all is known. */
  settle(signal: AbortSignal): Promise<void> {
    const settling = this.#settling.then(() => this.#settleAll(signal));
    this.#settling = settling.catch(() => undefined);
    return settling;
  }

  async #settleAll(signal: AbortSignal): Promise<void> {
    const { albums } = this.#options.catalogue;
    for (const album of albums.touched()) {
      signal.throwIfAborted();
      await this.#settleOne(album, signal);
    }
  }

  async #settleOne(album: number, signal: AbortSignal): Promise<void> {
    const { catalogue } = this.#options;
    const { albums } = catalogue;
    const row = albums.byId(album);
    if (!row || albums.isEmpty(album)) return catalogue.transaction(() => albums.remove(album));
    const isHeap = albums.size(album, MAX_ALBUM_TRACKS + 1) > MAX_ALBUM_TRACKS;
    if (isHeap && row.digest === HEAP) return catalogue.transaction(() => albums.settle(album, HEAP));
    if (!isHeap && albums.hasUnread(album)) return;
    const facts = isHeap ? NO_FACTS : factsOfFolder(catalogue, album);
    albums.begin(album);
    await this.#putAll(album, facts, signal);
    catalogue.transaction(() => albums.settle(album, isHeap ? HEAP : digestOf(facts)));
  }

  async #putAll(album: number, facts: FolderFacts, signal: AbortSignal): Promise<void> {
    const { catalogue, shelf, committed } = this.#options;
    for (let id = 0; ; ) {
      const rows = catalogue.files.ofAlbum(album, FILE_KIND.track, id, SLICE);
      const last = rows.at(-1);
      if (!last) return;
      id = last.id;
      catalogue.transaction(() => {
        for (const each of rows) shelf.put(each, facts);
      });
      committed();
      if (rows.length < SLICE) return;
      await nextTurn();
      signal.throwIfAborted();
    }
  }
}
