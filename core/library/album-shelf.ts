import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import { FILE_KIND } from "../catalogue/schema.js";
import { digestOf, type FolderFacts, factsOfFolder, MAX_ALBUM_TRACKS, NO_FACTS } from "./album-knowledge.js";
import { trackBeside } from "./companions/side-files.js";
import type { TrackShelf } from "./track-shelf.js";
import type { TreeEditor } from "./tree-editor.js";

/** Files placed in one transaction. */
const SLICE = 64;
/** Stands in place of a digest for a folder that is a heap. */
const HEAP = "heap";

export interface AlbumShelfOptions {
  readonly catalogue: Catalogue;
  readonly shelf: TrackShelf;
  readonly editor: TreeEditor;
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

  /**
   * Looks at every folder in which something changed, and of whose tracks all is known.
   *
   * @param only looks at these and no others: while a library is read, thousands of folders wait for their tracks,
   * and looking at all of them after each batch would take longer than the reading.
   */
  settle(signal: AbortSignal, only?: ReadonlySet<number>): Promise<void> {
    const settling = this.#settling.then(() => this.#settleAll(signal, only));
    this.#settling = settling.catch(() => undefined);
    return settling;
  }

  async #settleAll(signal: AbortSignal, only: ReadonlySet<number> | undefined): Promise<void> {
    const { albums } = this.#options.catalogue;
    for (const album of only ? [...only].filter((id) => albums.isTouched(id)) : albums.touched()) {
      signal.throwIfAborted();
      await this.#settleOne(album, signal);
      // Placing the tracks of one folder takes a millisecond or two; there may be many folders.
      await nextTurn();
    }
  }

  async #settleOne(album: number, signal: AbortSignal): Promise<void> {
    const { catalogue } = this.#options;
    const { albums } = catalogue;
    const row = albums.byId(album);
    if (!row || albums.isEmpty(album)) return catalogue.transaction(() => albums.remove(album));
    const isHeap = albums.size(album, MAX_ALBUM_TRACKS + 1) > MAX_ALBUM_TRACKS;
    if (isHeap && row.digest === HEAP) return this.#settleHeap(album, signal);
    if (!isHeap && albums.hasUnread(album)) return;
    const facts = isHeap ? NO_FACTS : factsOfFolder(catalogue, album);
    albums.begin(album);
    await this.#putAll(album, facts, signal);
    catalogue.transaction(() => albums.settle(album, isHeap ? HEAP : digestOf(facts)));
  }

  // Its tracks were placed when they were read; what lies beside one of them may have changed.
  async #settleHeap(album: number, signal: AbortSignal): Promise<void> {
    const { catalogue, editor, committed } = this.#options;
    catalogue.albums.begin(album);
    for (let id = 0; ; ) {
      signal.throwIfAborted();
      const rows = catalogue.files.ofAlbum(album, FILE_KIND.beside, id, SLICE);
      const last = rows.at(-1);
      if (!last) break;
      id = last.id;
      catalogue.transaction(() => {
        for (const row of rows) {
          const track = trackBeside(catalogue, row);
          if (track) editor.touchDirectories(track);
        }
        editor.finish();
      });
      committed();
      await nextTurn();
    }
    catalogue.transaction(() => catalogue.albums.settle(album, HEAP));
  }

  async #putAll(album: number, facts: FolderFacts, signal: AbortSignal): Promise<void> {
    const { catalogue, shelf, editor, committed } = this.#options;
    for (let id = 0; ; ) {
      const rows = catalogue.files.ofAlbum(album, FILE_KIND.track, id, SLICE);
      const last = rows.at(-1);
      if (!last) return;
      id = last.id;
      catalogue.transaction(() => {
        for (const each of rows) {
          shelf.put(each, facts);
          // What lies beside them may have changed, and they not.
          editor.touchDirectories(each);
        }
        editor.finish();
      });
      committed();
      if (rows.length < SLICE) return;
      await nextTurn();
      signal.throwIfAborted();
    }
  }
}
