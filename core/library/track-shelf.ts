import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileRow } from "../catalogue/files.js";
import { messageOf } from "../errors.js";
import type { Hooks } from "../hooks.js";
import type { Logger } from "../logger.js";
import type { Track } from "../model/track.js";
import { nextTurn } from "./listing.js";
import { NAMES_VERSION } from "./names.js";
import type { Placer } from "./placer.js";
import { originSegments, TRACK_VERSION, trackOf } from "./track.js";

/** Files placed in one transaction. */
const SLICE = 128;
/** Layout failures that are logged; the rest is only counted. */
const MAX_LOGGED_FAILURES = 20;

export interface TrackShelfOptions {
  readonly catalogue: Catalogue;
  readonly placer: Placer;
  readonly hooks: Pick<Hooks, "placeTrack">;
  readonly originIds: ReadonlyMap<number, string>;
  /** Names the layout with its options: another one means that every track is placed anew. */
  readonly layoutFingerprint: string;
  readonly log: Logger;
}

/** Shows tracks where the layout wants them. */
export class TrackShelf {
  readonly #options: TrackShelfOptions;
  readonly #fingerprint: string;
  #failures = 0;

  constructor(options: TrackShelfOptions) {
    this.#options = options;
    this.#fingerprint = JSON.stringify([NAMES_VERSION, TRACK_VERSION, options.layoutFingerprint]);
  }

  /** Places one file whose tags are known; belongs in a transaction. */
  put(row: FileRow): void {
    const { catalogue, placer, originIds } = this.#options;
    const file = catalogue.files.tagged(row);
    if (!file) return;
    const track = trackOf(file, originIds.get(row.originNumber) ?? "");
    placer.place(row, this.#segmentsOf(track) ?? originSegments(row.path));
  }

  /** Whether the tree was made by another layout than the present one. */
  get isOutdated(): boolean {
    const made = this.#options.catalogue.meta("layout");
    return made !== undefined && made !== this.#fingerprint;
  }

  /** Places every track anew when the layout is another one than the tree was made by. */
  async putAllAnew(committed: () => void, signal: AbortSignal): Promise<void> {
    const { catalogue, originIds } = this.#options;
    if (this.isOutdated) {
      for (const number of originIds.keys()) await this.#putAllOf(number, committed, signal);
    }
    catalogue.setMeta("layout", this.#fingerprint);
  }

  async #putAllOf(originNumber: number, committed: () => void, signal: AbortSignal): Promise<void> {
    const { catalogue } = this.#options;
    for (let id = 0; ; ) {
      signal.throwIfAborted();
      const rows = catalogue.files.after(originNumber, id, SLICE);
      const last = rows.at(-1);
      if (!last) return;
      id = last.id;
      catalogue.transaction(() => {
        for (const row of rows) this.put(row);
      });
      committed();
      await nextTurn();
    }
  }

  // A layout that throws, or gives nothing, leaves the track to the folders and the name of its file.
  #segmentsOf(track: Track): readonly string[] | undefined {
    try {
      const segments = this.#options.hooks.placeTrack.call(track);
      return segments !== undefined && segments.length > 0 ? segments : undefined;
    } catch (error) {
      if (this.#failures++ < MAX_LOGGED_FAILURES) {
        this.#options.log.warn(`${messageOf(error)} (for '${track.path}'); shown by its folder`);
      }
      return undefined;
    }
  }
}
