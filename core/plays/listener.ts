import type { Catalogue } from "../catalogue/catalogue.js";
import { ROOT_VIEW } from "../catalogue/schema.js";
import type { Hooks } from "../hooks.js";
import type { MountAccess } from "../model/mount-driver.js";
import { isPlay } from "./is-play.js";
import type { Plays } from "./plays.js";

export interface ListenerOptions {
  readonly catalogue: Catalogue;
  readonly plays: Plays;
  readonly hooks: Pick<Hooks, "fileAccessed">;
  /** A play was counted. */
  readonly onPlay: () => void;
}

/** Makes plays, and events, of what mount drivers tell of open files. */
export class Listener {
  readonly #options: ListenerOptions;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  /** A file was held for a while and is closed now. */
  accessed(access: MountAccess): void {
    const { catalogue, plays, onPlay } = this.#options;
    const file = catalogue.files.byIno(access.ino);
    const durationMs = file && catalogue.files.tagged(file)?.audio.durationMs;
    const wasPlayed = file !== undefined && isPlay(access, durationMs);
    if (wasPlayed) plays.add(file, Date.now() - access.heldMs);
    this.#tell(access, wasPlayed);
    if (wasPlayed) onPlay();
  }

  #tell({ ino, heldMs, copiedBytes, process }: MountAccess, wasPlayed: boolean): void {
    const { catalogue, hooks } = this.#options;
    if (!hooks.fileAccessed.isUsed) return;
    const path = catalogue.tree.pathIn(ROOT_VIEW, ino) ?? catalogue.tree.pathOf(ino);
    if (path === undefined) return;
    void hooks.fileAccessed.call({ path, heldMs, copiedBytes, wasPlayed, ...(process ? { process } : {}) });
  }
}
