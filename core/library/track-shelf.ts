import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileRow } from "../catalogue/files.js";
import { FILE_KIND } from "../catalogue/schema.js";
import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import type { Track } from "../model/track.js";
import { type FolderFacts, factsOfFolder, NO_FACTS } from "./album-knowledge.js";
import { NAMES_VERSION, type NamesMode } from "./names.js";
import { originSegments, TRACK_VERSION, trackOf } from "./track.js";
import { pathsOf } from "./track-places.js";
import type { TreeEditor } from "./tree-editor.js";
import type { OpenView } from "./views.js";

/** Files placed in one transaction. */
const SLICE = 128;
/** Layout failures that are logged; the rest is only counted. */
const MAX_LOGGED_FAILURES = 20;

export interface TrackShelfOptions {
  readonly catalogue: Catalogue;
  readonly originIds: ReadonlyMap<number, string>;
  readonly views: readonly OpenView[];
  /** Whether a track that has a path in a view keeps it when its tags or its place in the origin change. */
  readonly keepsPaths: boolean;
  readonly editor: TreeEditor;
  readonly names: NamesMode;
  readonly log: Logger;
}

/** Shows tracks where the layouts want them. */
export class TrackShelf {
  readonly #options: TrackShelfOptions;
  #failures = 0;

  constructor(options: TrackShelfOptions) {
    this.#options = options;
  }

  /**
   * Places one file whose tags are known, in every view; belongs in a transaction.
   *
   * @param folder what the tracks of its folder tell of each other.
   */
  put(row: FileRow, folder: FolderFacts): void {
    const { keepsPaths, views } = this.#options;
    this.#put(row, folder, keepsPaths ? views.filter(({ placer }) => !placer.has(row)) : views);
  }

  #put(row: FileRow, folder: FolderFacts, views: readonly OpenView[]): void {
    const { catalogue, originIds } = this.#options;
    // Of several sources of one track, the one that is shown says where.
    const isPlaced = views.length > 0 && catalogue.sources.isShown(row);
    const file = isPlaced ? catalogue.files.tagged(row) : undefined;
    if (!file) return;
    const track = trackOf(file, originIds.get(row.originNumber) ?? "", folder);
    for (const view of views)
      view.placer.place(row, this.#pathsOf(track, view) ?? [originSegments(row.path)]);
  }

  /** Places every track anew in each view whose layout is another one than its names were made by. */
  async putAllAnew(committed: () => void, signal: AbortSignal): Promise<void> {
    const { catalogue, originIds, views } = this.#options;
    const outdated = views.filter(
      (view) => catalogue.views.open(view.root).madeBy !== this.#fingerprintOf(view),
    );
    if (outdated.length === 0) return;
    for (const number of originIds.keys()) await this.#putAllOf(number, outdated, committed, signal);
    catalogue.transaction(() => {
      for (const view of outdated) catalogue.views.setMadeBy(view.number, this.#fingerprintOf(view));
    });
  }

  async #putAllOf(
    originNumber: number,
    views: readonly OpenView[],
    committed: () => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { catalogue } = this.#options;
    for (let id = 0; ; ) {
      signal.throwIfAborted();
      const rows = catalogue.files.after(originNumber, id, SLICE);
      const last = rows.at(-1);
      if (!last) return;
      id = last.id;
      catalogue.transaction(() => this.#putSlice(rows, views));
      committed();
      await nextTurn();
    }
  }

  // Files of one folder mostly follow each other.
  #putSlice(rows: readonly FileRow[], views: readonly OpenView[]): void {
    let album = 0;
    let facts = NO_FACTS;
    for (const row of rows) {
      if (row.kind !== FILE_KIND.track) continue;
      if (row.album !== album) facts = factsOfFolder(this.#options.catalogue, row.album);
      album = row.album;
      this.#put(row, facts, views);
    }
    this.#options.editor.finish();
  }

  // A layout that throws, or gives nothing, leaves the track to the folders and the name of its file.
  #pathsOf(track: Track, { placeTrack }: OpenView): readonly (readonly string[])[] | undefined {
    try {
      const paths = pathsOf(placeTrack.call(track));
      return paths.length > 0 ? paths : undefined;
    } catch (error) {
      if (this.#failures++ < MAX_LOGGED_FAILURES) {
        this.#options.log.warn(`${messageOf(error)} (for '${track.path}'); shown by its folder`);
      }
      return undefined;
    }
  }

  #fingerprintOf({ fingerprint, reserved }: OpenView): string {
    return JSON.stringify([NAMES_VERSION, this.#options.names, TRACK_VERSION, fingerprint, reserved]);
  }
}
