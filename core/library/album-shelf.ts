import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import { FILE_KIND } from "../catalogue/schema.js";
import { digestOf, type FolderFacts, factsOfFolder, MAX_ALBUM_TRACKS, NO_FACTS } from "./album-knowledge.js";
import { trackBeside } from "./companions/side-files.js";
import type { TrackShelf } from "./track-shelf.js";
import type { TreeEditor } from "./tree-editor.js";

/** Files placed in one transaction. */
const SLICE = 64;
/**
 * How long one transaction goes on taking up folders, in milliseconds: short, since the kernel is told of what changed
 * between two of them.
 */
const SETTLE_MS = 2;
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
    const touched = only ? [...only].filter((id) => albums.isTouched(id)) : albums.touched();
    if (touched.length === 0) return;
    const due = touched.values();
    for (;;) {
      signal.throwIfAborted();
      const large = this.#settleSome(due);
      if (large === undefined) return;
      if (large > 0) await this.#settleLarge(large, signal);
      await nextTurn();
    }
  }

  // In one transaction as many folders as there is time for: of a commit of its own each, half the time would go into
  // those. Returns the folder that takes longer; 0 when the time is over, `undefined` when none is left.
  #settleSome(due: Iterator<number>): number | undefined {
    const { catalogue, editor, committed } = this.#options;
    const untilMs = performance.now() + SETTLE_MS;
    let large: number | undefined = 0;
    catalogue.transaction(() => {
      while (large === 0 && performance.now() < untilMs) {
        const next = due.next();
        large = next.done ? undefined : this.#settleOne(next.value) ? 0 : next.value;
      }
      editor.finish();
    });
    committed();
    return large;
  }

  // Returns false for one that has too many tracks for one transaction.
  #settleOne(album: number): boolean {
    const { catalogue } = this.#options;
    const { albums } = catalogue;
    const row = albums.byId(album);
    if (!row || albums.isEmpty(album)) {
      albums.remove(album);
      return true;
    }
    if (albums.size(album, SLICE + 1) > SLICE || row.digest === HEAP) return false;
    if (albums.hasUnread(album)) return true;
    const facts = factsOfFolder(catalogue, album);
    albums.begin(album);
    this.#putSlice(album, facts, 0);
    albums.settle(album, digestOf(facts));
    return true;
  }

  async #settleLarge(album: number, signal: AbortSignal): Promise<void> {
    const { catalogue } = this.#options;
    const { albums } = catalogue;
    const isHeap = albums.size(album, MAX_ALBUM_TRACKS + 1) > MAX_ALBUM_TRACKS;
    if (isHeap && albums.byId(album)?.digest === HEAP) return this.#settleHeap(album, signal);
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
    const { catalogue, editor, committed } = this.#options;
    for (let id: number | undefined = 0; id !== undefined; ) {
      const after: number = id;
      id = catalogue.transaction(() => {
        const last = this.#putSlice(album, facts, after);
        editor.finish();
        return last;
      });
      committed();
      await nextTurn();
      signal.throwIfAborted();
    }
  }

  // Returns the last id; `undefined` when there are no more.
  #putSlice(album: number, facts: FolderFacts, afterId: number): number | undefined {
    const { catalogue, shelf, editor } = this.#options;
    const rows = catalogue.files.ofAlbum(album, FILE_KIND.track, afterId, SLICE);
    for (const each of rows) {
      shelf.put(each, facts);
      // What lies beside them may have changed, and they not.
      editor.touchDirectories(each);
    }
    return rows.length < SLICE ? undefined : rows.at(-1)?.id;
  }
}
