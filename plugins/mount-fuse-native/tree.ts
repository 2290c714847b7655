import type { LateAnswers } from "musicfs";
import { ErrnoError, type NodeAttributes, ROOT_INO, settledBy, type Vfs } from "musicfs/vfs";

/** Finds nodes by the paths that libfuse speaks in. */
export class Tree {
  readonly #vfs: Vfs;
  readonly #late: LateAnswers;
  readonly #closing = new AbortController();

  constructor(vfs: Vfs, late: LateAnswers) {
    this.#vfs = vfs;
    this.#late = late;
  }

  /**
   * The node at a path of the mount.
   *
   * @throws ErrnoError ENOENT, or ENOTDIR where a file stands in the middle; and what a late lookup threw.
   */
  async resolve(path: string): Promise<NodeAttributes> {
    let node = required(this.#vfs.getattr(ROOT_INO));
    for (const name of path.split("/")) {
      if (name === "") continue;
      if (node.kind !== "directory") throw new ErrnoError("ENOTDIR");
      node = required(this.#vfs.lookup(node.ino, name) ?? (await this.#lookupLate(node.ino, name)));
    }
    return node;
  }

  /** Makes lookups that wait fail. */
  abort(): void {
    this.#closing.abort(new ErrnoError("EINTR"));
  }

  async #lookupLate(parentIno: number, name: string): Promise<NodeAttributes | undefined> {
    if (!this.#vfs.isLate(parentIno, name)) return undefined;
    const { signal } = this.#closing;
    return settledBy(this.#late.lookup(parentIno, name, signal), signal);
  }
}

function required(node: NodeAttributes | undefined): NodeAttributes {
  if (!node) throw new ErrnoError("ENOENT");
  return node;
}
