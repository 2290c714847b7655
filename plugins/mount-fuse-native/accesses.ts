import type { MountSession } from "musicfs";
import type { NodeAttributes } from "musicfs/vfs";

/** Who closes a file sooner only looked at it: of those nothing is told. */
const BRIEF_MS = 1_000;

interface Access {
  readonly openedMs: number;
  readonly openThen: number;
  readonly opensThen: number;
  copiedBytes: number;
}

/** Tells of files that were open for a while. Whose they were libfuse knows and `fuse-native` does not say. */
export class Accesses {
  readonly #accessed: MountSession["accessed"];
  readonly #byHandle = new Map<number, Access>();
  #opens = 0;

  constructor(accessed: MountSession["accessed"]) {
    this.#accessed = accessed;
  }

  begin(handle: number): void {
    this.#opens += 1;
    const openThen = this.#byHandle.size + 1;
    this.#byHandle.set(handle, {
      openedMs: performance.now(),
      openThen,
      opensThen: this.#opens,
      copiedBytes: 0,
    });
  }

  copied(handle: number, bytes: number): void {
    const access = this.#byHandle.get(handle);
    if (access) access.copiedBytes += bytes;
  }

  end(handle: number, { ino, revision }: NodeAttributes): void {
    const access = this.#byHandle.get(handle);
    const openAtOnce = Math.max(this.#byHandle.size, access?.openThen ?? 0);
    this.#byHandle.delete(handle);
    if (!access) return;
    const heldMs = performance.now() - access.openedMs;
    if (heldMs < BRIEF_MS) return;
    const otherOpens = this.#opens - access.opensThen;
    this.#accessed?.({ ino, revision, heldMs, copiedBytes: access.copiedBytes, openAtOnce, otherOpens });
  }
}
