import type { NodeAttributes } from "musicfs/vfs";

interface Told {
  readonly ino: number;
  readonly revision: number;
  readonly atMs: number;
}

/**
 * What the kernel was told of a path lately, and may still believe. It keeps attributes for `seconds`, and
 * libfuse 2 cannot make it forget: it could open a new file by the size of an old one.
 */
export class KernelMemory {
  readonly #keepMs: number;
  readonly #told = new Map<string, Told>();

  /** @param seconds how long the kernel keeps attributes. */
  constructor(seconds: number) {
    this.#keepMs = seconds * 2000;
  }

  tell(path: string, { ino, revision }: NodeAttributes, nowMs = performance.now()): void {
    this.#told.delete(path);
    this.#told.set(path, { ino, revision, atMs: nowMs });
    for (const [oldest, { atMs }] of this.#told) {
      if (nowMs - atMs < this.#keepMs) return;
      this.#told.delete(oldest);
    }
  }

  /** Whether the kernel may take `path` for something else than `node`. */
  contradicts(path: string, { ino, revision }: NodeAttributes): boolean {
    const told = this.#told.get(path);
    return told !== undefined && (told.ino !== ino || told.revision !== revision);
  }
}
