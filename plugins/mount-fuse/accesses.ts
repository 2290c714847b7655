import { readFile } from "node:fs/promises";
import type { MountAccess, MountSession } from "musicfs";
import { type Access, type AccessTable, BRIEF_MS } from "./access-table.js";
import { inoOf, revisionOf } from "./node-id.js";

type Opener = NonNullable<MountAccess["process"]>;

/** What is kept of an access that goes on. */
interface Watched {
  readonly openedMs: number;
  /** `undefined`: not known (yet). */
  opener: Opener | undefined;
  mostAtOnce: number;
}

/** Tells of accesses that have ended, with whose they were. Belongs to the main thread. */
export class Accesses {
  readonly #table: AccessTable;
  readonly #accessed: MountSession["accessed"];
  readonly #watched = new Map<number, Watched>();

  constructor(table: AccessTable, accessed: MountSession["accessed"]) {
    this.#table = table;
    this.#accessed = accessed;
  }

  /** Looks at the table; to be called once a second. */
  look(nowMs: number): void {
    const held = [...this.#table.held()].filter(
      ({ openedMs, endedMs }) => (endedMs ?? nowMs) - openedMs >= BRIEF_MS,
    );
    if (held.length === 0) return;
    for (const access of held) this.#watch(access);
    this.#countAtOnce(held);
    for (const access of held) if (access.endedMs !== undefined) this.#tell(access, access.endedMs);
  }

  /** Tells of all, open or not: the mount has ended. */
  finish(nowMs: number): void {
    for (const access of this.#table.held()) {
      this.#watch(access);
      this.#tell(access, access.endedMs ?? nowMs);
    }
  }

  // A place may have been given to another access since.
  #watch({ number, openedMs, pid }: Access): void {
    if (this.#watched.get(number)?.openedMs === openedMs) return;
    const watched: Watched = { openedMs, opener: undefined, mostAtOnce: 1 };
    this.#watched.set(number, watched);
    if (pid > 0) {
      void findOpener(pid).then((opener) => {
        watched.opener = opener;
      });
    }
  }

  #countAtOnce(held: readonly Access[]): void {
    const counts = new Map<number, number>();
    const keyOf = ({ number, pid }: Access): number => this.#watched.get(number)?.opener?.pid ?? pid;
    for (const access of held) counts.set(keyOf(access), (counts.get(keyOf(access)) ?? 0) + 1);
    for (const access of held) {
      const watched = this.#watched.get(access.number);
      if (watched) watched.mostAtOnce = Math.max(watched.mostAtOnce, counts.get(keyOf(access)) ?? 1);
    }
  }

  #tell(access: Access, endedMs: number): void {
    const { number, low, high, openedMs, copiedBytes, otherOpens } = access;
    const watched = this.#watched.get(number);
    this.#watched.delete(number);
    this.#table.forget(number);
    this.#accessed?.({
      ino: inoOf(low, high),
      revision: revisionOf(high),
      heldMs: endedMs - openedMs,
      copiedBytes,
      openAtOnce: watched?.mostAtOnce ?? 1,
      otherOpens,
      ...(watched?.opener ? { process: watched.opener } : {}),
    });
  }
}

// The kernel names the thread; programs are known by their process. One that is gone already stays unknown.
async function findOpener(threadId: number): Promise<Opener | undefined> {
  try {
    const status = await readFile(`/proc/${threadId}/status`, "utf8");
    const pid = Number(/^Tgid:\s+(\d+)/m.exec(status)?.[1]);
    const name = (await readFile(`/proc/${pid}/comm`, "utf8")).trimEnd();
    return { pid, name };
  } catch {
    return undefined;
  }
}
