import { setTimeout as delay } from "node:timers/promises";
import type { FilePlace } from "../store/store.js";

/** What changed since the last look. */
export interface FileChanges {
  readonly files: readonly FilePlace[];
  /** There were more than are kept. */
  readonly everything: boolean;
}

/** Changes come in batches, each at least so long after the one before, in milliseconds. */
const BATCH_MS = 250;
/** Files that are told one by one; of more, all may be different. */
const MAX_FILES = 4096;
/** Where nothing changes, that is told this often, in milliseconds. */
const QUIET_MS = 15_000;

/** Gathers files that changed for one who is told of them. Adding never waits, and takes bounded memory. */
export class FileChangeQueue {
  readonly #files = new Map<string, FilePlace>();
  #everything = false;
  #wake: () => void = () => undefined;

  add(place: FilePlace): void {
    if (this.#everything) return;
    this.#files.set(`${place.originId}\0${place.path}`, place);
    if (this.#files.size > MAX_FILES) {
      this.#files.clear();
      this.#everything = true;
    }
    this.#wake();
  }

  /**
   * The next changes, as soon as there are any; none after a while, so that whoever waits knows that he is heard.
   *
   * @throws `signal.reason`
   */
  async next(signal: AbortSignal): Promise<FileChanges> {
    if (this.#files.size === 0 && !this.#everything) await this.#change(signal);
    await delay(BATCH_MS, undefined, { signal });
    const changes = { files: [...this.#files.values()], everything: this.#everything };
    this.#files.clear();
    this.#everything = false;
    return changes;
  }

  async #change(signal: AbortSignal): Promise<void> {
    const either = new AbortController();
    this.#wake = () => either.abort();
    const waiting = AbortSignal.any([signal, either.signal]);
    await delay(QUIET_MS, undefined, { signal: waiting }).catch(() => signal.throwIfAborted());
  }
}
