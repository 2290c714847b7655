import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import type { EntryChange } from "../model/entry.js";
import type { Mount } from "../model/mount-driver.js";

/** Tells the kernel, in order, what changed in the tree. */
export class ChangeRelay {
  readonly #generation: Int32Array;
  readonly #log: Logger;
  readonly #mount: Mount;
  #telling: Promise<void> = Promise.resolve();

  /** @param generation moves with each change; see `VfsDescription`. */
  constructor(mount: Mount, generation: SharedArrayBuffer, log: Logger) {
    this.#generation = new Int32Array(generation);
    this.#mount = mount;
    this.#log = log;
  }

  send(changes: readonly EntryChange[]): void {
    Atomics.add(this.#generation, 0, 1);
    this.#telling = this.#telling
      .then(() => this.#mount.invalidate(changes))
      .catch((error) => this.#log.error(`telling the kernel of changes failed: ${messageOf(error)}`));
  }
}
