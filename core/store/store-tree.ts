import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import { filesBelow } from "../catalogue/files-below.js";
import { findNode } from "../catalogue/find-node.js";
import { MusicfsError } from "../errors.js";
import type { LibraryOrigin } from "../library/library-origin.js";
import type { FilePlace, Store, StoredFile } from "./store.js";

/** The files that a path stands for. */
export interface PlacesBelow {
  readonly places: readonly FilePlace[];
  readonly bytes: number;
}

/** How much of an entry of the tree is kept. */
export interface StoreUsage {
  /** Below the mountpoint, with a leading slash; empty for what the tree does not show. */
  readonly path: string;
  readonly files: number;
  readonly cachedBytes: number;
  readonly storedBytes: number;
  readonly pinnedFiles: number;
}

type Counted = { -readonly [Key in keyof Omit<StoreUsage, "path">]: number };

/** Files that are looked at before the thread may do something else. */
const PAGE = 200;

/** The store by the paths under which its files are shown. */
export class StoreTree {
  readonly #store: Store;
  readonly #catalogue: Catalogue;
  readonly #mountpoint: string;
  readonly #originIds: ReadonlyMap<number, string>;
  readonly #originNumbers: ReadonlyMap<string, number>;

  constructor(store: Store, catalogue: Catalogue, origins: readonly LibraryOrigin[], mountpoint: string) {
    this.#store = store;
    this.#catalogue = catalogue;
    this.#mountpoint = mountpoint;
    this.#originIds = new Map(origins.map(({ number, origin }) => [number, origin.id]));
    this.#originNumbers = new Map(origins.map(({ number, origin }) => [origin.id, number]));
  }

  /**
   * The files at and below a path; one that begins with the mountpoint is taken for the path below it.
   *
   * @throws `MFS_NOT_FOUND`; `MFS_STORE_SMALL` when they have more than `maxBytes`; `signal.reason`.
   */
  async placesBelow(
    path: string,
    signal: AbortSignal,
    maxBytes = Number.POSITIVE_INFINITY,
  ): Promise<PlacesBelow> {
    const { node, path: found } = this.#find(path);
    const places: FilePlace[] = [];
    let bytes = 0;
    for await (const files of filesBelow(this.#catalogue.reader, node, signal)) {
      for (const file of files) {
        const originId = this.#originIds.get(file.originNumber);
        if (originId === undefined) continue;
        places.push({ originId, path: file.path });
        bytes += file.sizeBytes;
      }
      if (bytes > maxBytes) throw tooBig(found, maxBytes);
    }
    return { places, bytes };
  }

  /** Where the tree shows a file; `undefined` where it does not. */
  pathOf({ originId, path }: FilePlace): string | undefined {
    const number = this.#originNumbers.get(originId);
    const file = number === undefined ? undefined : this.#catalogue.files.byPath(number, path);
    return file && this.#catalogue.tree.pathOf(file.ino);
  }

  /** What is kept at and below a path, `depth` levels being told apart, by path. @throws as {@link placesBelow} */
  async usage(path: string, depth: number, signal: AbortSignal): Promise<readonly StoreUsage[]> {
    const { path: root } = this.#find(path);
    const counted = new Map<string, Counted>();
    for await (const file of this.#stored(signal)) {
      const shown = this.pathOf(file) ?? "";
      const key = keyOf(shown, root, depth);
      if (key !== undefined) add(counted, key, file);
    }
    return [...counted]
      .map(([key, count]) => ({ path: key, ...count }))
      .sort((one, other) => (one.path < other.path ? -1 : 1));
  }

  /** How many files at and below a path are pinned. @throws as {@link placesBelow} */
  async pinnedBelow(path: string, signal: AbortSignal): Promise<number> {
    const { path: root } = this.#find(path);
    let pinned = 0;
    for await (const place of this.pins(signal)) {
      if (keyOf(this.pathOf(place) ?? "", root, 0) === root) pinned += 1;
    }
    return pinned;
  }

  /** All pinned files, in order. */
  async *pins(signal: AbortSignal): AsyncGenerator<FilePlace> {
    for (let after: FilePlace | undefined; ; ) {
      const page: readonly FilePlace[] = this.#store.pins(after, PAGE);
      yield* page;
      after = page.at(-1);
      if (page.length < PAGE) return;
      await nextTurn();
      signal.throwIfAborted();
    }
  }

  async *#stored(signal: AbortSignal): AsyncGenerator<StoredFile> {
    for (let after = 0; ; ) {
      const page = this.#store.files(after, PAGE);
      yield* page;
      const last = page.at(-1);
      if (!last || page.length < PAGE) return;
      after = last.id;
      await nextTurn();
      signal.throwIfAborted();
    }
  }

  #find(path: string): NonNullable<ReturnType<typeof findNode>> {
    const isBelowMount = path === this.#mountpoint || path.startsWith(`${this.#mountpoint}/`);
    const found = findNode(this.#catalogue.reader, isBelowMount ? path.slice(this.#mountpoint.length) : path);
    if (found) return found;
    throw new MusicfsError("MFS_NOT_FOUND", `nothing lies at '${path}' in the tree`, {
      hint: "See 'musicfs tree' for what is there.",
    });
  }
}

// The path of the entry at `depth` levels below `root` that `shown` is, or lies below; nothing is at or below
// what the tree does not show but the whole.
function keyOf(shown: string, root: string, depth: number): string | undefined {
  if (shown === "") return root === "/" ? "" : undefined;
  const base = root === "/" ? "" : root;
  if (shown !== base && !shown.startsWith(`${base}/`)) return undefined;
  const segments = shown
    .slice(base.length)
    .split("/")
    .slice(1, 1 + depth);
  return [base, ...segments].join("/") || "/";
}

function add(counted: Map<string, Counted>, key: string, file: StoredFile): void {
  const count = counted.get(key) ?? { files: 0, cachedBytes: 0, storedBytes: 0, pinnedFiles: 0 };
  count.files += 1;
  count.cachedBytes += file.logicalBytes;
  count.storedBytes += file.storedBytes;
  count.pinnedFiles += file.isPinned ? 1 : 0;
  counted.set(key, count);
}

function tooBig(path: string, maxBytes: number): MusicfsError {
  return new MusicfsError(
    "MFS_STORE_SMALL",
    `what lies at '${path}' is bigger than the whole cache, which may hold ${maxBytes} bytes`,
  );
}
