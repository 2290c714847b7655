import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileReading, FileRow } from "../catalogue/files.js";
import { isAway } from "../origins/guards.js";
import { settingsOf } from "../origins/settings.js";
import type { LibraryOrigin } from "./library-origin.js";
import { likenessOf } from "./likeness.js";
import type { TreeEditor } from "./tree-editor.js";

export interface FederationOptions {
  readonly catalogue: Catalogue;
  readonly editor: TreeEditor;
  /** In the order of the config. */
  readonly origins: readonly LibraryOrigin[];
  /** Called after each commit. */
  readonly committed: () => void;
}

/** Files, and entries, that are looked at in one transaction. */
const SLICE = 64;
/** After this the best source of an entry that made a detour is tried again, in milliseconds. */
const RETRY_MS = 10_000;
const DETOURS_AT_ONCE = 512;
/** What `meta` says of the sources when all that is read was looked at. */
const KNOWN = "known";

/**
 * Makes one entry of the same track at several origins. Files of one origin stay entries of their own. What is shown is the
 * source of the origin with the highest priority, then of the one that stands first in the config; when it goes, the entry
 * keeps its inode and shows the next one. See README.md of this folder.
 *
 * All but {@link begin} and {@link rank} belongs in a transaction that the editor finishes.
 */
export class Federation {
  readonly #options: FederationOptions;
  #origins: readonly LibraryOrigin[] = [];
  /** Inodes that show another source than the best, since that one could not be had; and whether it was missing. */
  readonly #detours = new Map<number, boolean>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: FederationOptions) {
    this.#options = options;
    this.isUsed = options.origins.length > 1 || options.catalogue.meta("sources") === KNOWN;
    this.#sort();
  }

  /** Whether there are, or were, several origins: with one, nothing is noted and nothing asked. */
  readonly isUsed: boolean;

  /** Looks at what was read before there were several origins, and shows the best source of what has several. */
  async begin(signal: AbortSignal): Promise<void> {
    const { catalogue } = this.#options;
    if (!this.isUsed) return;
    if (catalogue.meta("sources") !== KNOWN) await this.#noteUnknown(signal);
    await this.rank(signal);
    const isAlone = this.#options.origins.length === 1 && catalogue.sources.shared(0, 1).length === 0;
    catalogue.setMeta("sources", isAlone ? "unknown" : KNOWN);
  }

  /** Takes the priorities of the origins into use. */
  async rank(signal: AbortSignal): Promise<void> {
    const { catalogue } = this.#options;
    this.#sort();
    const ranks = JSON.stringify(this.#origins.map(({ number }) => number));
    if (!this.isUsed || catalogue.meta("source_ranks") === ranks) return;
    for (let ino = 0; ; ) {
      const rows = catalogue.sources.shared(ino, SLICE);
      const last = rows.at(-1);
      if (!last) break;
      ino = last.ino;
      this.#write(() => rows.forEach((row) => void this.#choose(row)));
      await nextTurn();
      signal.throwIfAborted();
    }
    catalogue.setMeta("source_ranks", ranks);
  }

  /** Notes what was read of a track, and joins it with what it is like. @returns the row as it is now. */
  note(row: FileRow, reading: Pick<FileReading, "tags" | "audio">): FileRow {
    if (!this.isUsed) return row;
    const { catalogue } = this.#options;
    const { sources } = catalogue;
    const likeness = likenessOf(row, reading, catalogue.files.headOf(row.id));
    const before = sources.of(row.id);
    if (before && isSame(before.likeness, likeness)) return row;
    const alone = before ? this.#part(row) : row;
    sources.note(alone, likeness);
    const other = likeness && this.#match(alone, likeness);
    return other ? this.#join(alone, other) : alone;
  }

  /** A file is going to be removed. @returns whether its entry goes on, with another source or since it never was shown. */
  removing(row: FileRow): boolean {
    if (!this.isUsed) return false;
    const others = this.#othersOf(row);
    const [best] = others;
    if (!best) return !this.#options.catalogue.sources.isShown(row);
    if (this.#options.catalogue.sources.isShown(row)) this.#show(best, row);
    return true;
  }

  /**
   * The shown source of an entry cannot be had: shows another one, whose origin answers, unless its bytes are known to be
   * others. The best is shown again when its origin is back.
   *
   * @param isMissing its origin answers, and does not have it: then it is shown again by {@link back} only.
   * @returns whether there is one.
   */
  detour(row: FileRow, isMissing = false): boolean {
    if (!this.isUsed) return false;
    const { sources } = this.#options.catalogue;
    const other = this.#othersOf(row).find(
      (member) => this.#answers(member) && sources.proofOf(row, member) !== false,
    );
    if (!other) return false;
    this.#write(() => this.#show(other, row));
    this.#detours.set(row.ino, isMissing);
    if (!isMissing) this.#timer ??= setTimeout(() => this.#retry(), RETRY_MS).unref();
    // Should the daemon end before its origin is back, the next start looks at all entries.
    this.#options.catalogue.setMeta("source_ranks", "");
    return true;
  }

  /** An origin is back: what made a detour around it shows it again. */
  back(): void {
    this.#endDetours([...this.#detours.keys()]);
  }

  // It may have been one request that failed, and the origin never was away.
  #retry(): void {
    this.#timer = undefined;
    const passing = [...this.#detours].filter(([, isMissing]) => !isMissing).map(([ino]) => ino);
    if (passing.length === 0) return;
    this.#endDetours(passing);
    this.#timer = setTimeout(() => this.#retry(), RETRY_MS).unref();
  }

  #endDetours(inos: readonly number[]): void {
    const { catalogue } = this.#options;
    if (inos.length === 0 || !catalogue.isOpen) return;
    this.#write(() => {
      for (const ino of inos.slice(0, DETOURS_AT_ONCE)) {
        const row = catalogue.files.byIno(ino);
        const [best] = row ? this.#othersOf(row) : [];
        if (row && best && !this.#answers(best)) continue;
        if (row) this.#choose(row);
        this.#detours.delete(ino);
      }
    });
  }

  #write(write: () => void): void {
    this.#options.catalogue.transaction(() => {
      write();
      this.#options.editor.finish();
    });
    this.#options.committed();
  }

  #sort(): void {
    const priorityOf = ({ origin, guard }: LibraryOrigin): number =>
      (guard?.settings ?? settingsOf(origin)).priority;
    this.#origins = [...this.#options.origins].sort((a, b) => priorityOf(b) - priorityOf(a));
  }

  #rankOf({ originNumber }: FileRow): number {
    const rank = this.#origins.findIndex(({ number }) => number === originNumber);
    return rank < 0 ? this.#origins.length : rank;
  }

  #answers({ originNumber }: FileRow): boolean {
    const source = this.#origins.find(({ number }) => number === originNumber);
    return source !== undefined && !(source.guard && isAway(source.guard.health.state));
  }

  /** The other sources of an entry, the best first. */
  #othersOf(row: FileRow): FileRow[] {
    return this.#options.catalogue.sources
      .membersOf(row)
      .filter(({ id }) => id !== row.id)
      .sort((a, b) => this.#rankOf(a) - this.#rankOf(b));
  }

  // Returns the best source, which is shown from now on.
  #choose(shown: FileRow): FileRow {
    const [best] = this.#othersOf(shown);
    if (!best || this.#rankOf(best) >= this.#rankOf(shown)) return shown;
    this.#show(best, shown);
    return best;
  }

  #show(row: FileRow, before: FileRow): void {
    const { catalogue, editor } = this.#options;
    catalogue.sources.show(row);
    editor.touchTrack(before, row.sizeBytes);
    // Where it is shown may depend on its place in its origin.
    catalogue.albums.touch(row.album);
  }

  // One that is not like the others any more: what is shown keeps the entry, the others get another one.
  #part(row: FileRow): FileRow {
    const { sources, albums } = this.#options.catalogue;
    const others = this.#othersOf(row);
    const [best] = others;
    if (!best) return row;
    if (!sources.isShown(row)) return sources.move(row, sources.newIno(row));
    const ino = sources.newIno(best);
    for (const other of others) {
      sources.move(other, ino);
      albums.touch(other.album);
    }
    return row;
  }

  // The same place in another origin is the likeliest; a file has one source at each origin at most.
  #match(row: FileRow, likeness: Uint8Array): FileRow | undefined {
    const { sources, files } = this.#options.catalogue;
    const head = files.headOf(row.id);
    const isLike = (other: FileRow): boolean => {
      const known = files.headOf(other.id);
      if (head && known && !known.equals(head)) return false;
      return sources.membersOf(other).every(({ originNumber }) => originNumber !== row.originNumber);
    };
    const alike = sources.alike(likeness, row.originNumber).filter(isLike);
    return alike.find(({ path }) => path === row.path) ?? alike[0];
  }

  #join(row: FileRow, other: FileRow): FileRow {
    const { catalogue, editor } = this.#options;
    editor.removeTrack(row);
    const joined = catalogue.sources.move(row, other.ino);
    const shown = catalogue.files.byIno(other.ino);
    if (shown && this.#rankOf(joined) < this.#rankOf(shown)) this.#show(joined, shown);
    return joined;
  }

  async #noteUnknown(signal: AbortSignal): Promise<void> {
    const { catalogue } = this.#options;
    for (let id = 0; ; ) {
      const rows = catalogue.sources.unknown(id, SLICE);
      const last = rows.at(-1);
      if (!last) return;
      id = last.id;
      this.#write(() => {
        for (const row of rows) {
          const tagged = catalogue.files.tagged(row);
          if (tagged) this.note(row, tagged);
        }
      });
      await nextTurn();
      signal.throwIfAborted();
    }
  }
}

function isSame(a: Uint8Array | null, b: Uint8Array | undefined): boolean {
  return a === null || b === undefined ? a === (b ?? null) : Buffer.from(a).equals(b);
}
