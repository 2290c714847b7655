import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import type { EntryChange } from "../model/entry.js";
import type { Mount } from "../model/mount-driver.js";

/** Tells the kernel, in order, what changed in the tree. */
export class ChangeRelay {
  readonly #generation: Int32Array;
  readonly #log: Logger;
  readonly #mount: Mount;
  #waiting: EntryChange[] = [];
  #telling: Promise<void> | undefined;

  /** @param generation moves with each change; see `VfsDescription`. */
  constructor(mount: Mount, generation: SharedArrayBuffer, log: Logger) {
    this.#generation = new Int32Array(generation);
    this.#mount = mount;
    this.#log = log;
  }

  send(changes: readonly EntryChange[]): void {
    Atomics.add(this.#generation, 0, 1);
    this.#waiting.push(...changes);
    this.#telling ??= this.#tell();
  }

  // What comes while the kernel is being told goes together, so that a busy main thread is waited for once.
  async #tell(): Promise<void> {
    while (this.#waiting.length > 0) {
      const changes = this.#waiting;
      this.#waiting = [];
      await this.#mount
        .invalidate(changes)
        .catch((error) => this.#log.error(`telling the kernel of changes failed: ${messageOf(error)}`));
    }
    this.#telling = undefined;
  }
}
