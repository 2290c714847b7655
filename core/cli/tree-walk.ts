import type { CatalogueReader } from "../catalogue/reader.js";
import type { DirectoryEntry } from "../model/entry.js";

/** An entry of the tree on the way through it. */
export interface TreeNode {
  readonly entry: DirectoryEntry;
  /** With a leading `/`. */
  readonly path: string;
  /** 1 for what lies directly in the folder where the walk began. */
  readonly depth: number;
}

const PAGE = 1000;
const byName = new Intl.Collator(undefined, { numeric: true });

/** How far a walk goes. */
export interface WalkLimits {
  readonly maxDepth: number;
  /** Inodes of folders that are left out. */
  readonly omit: ReadonlySet<number>;
}

/** Goes through a folder of the tree, each folder before what is in it, by name. */
export function* walkTree(
  reader: CatalogueReader,
  ino: number,
  path: string,
  limits: WalkLimits,
  depth = 1,
): Generator<TreeNode> {
  for (const entry of sortEntries(readAll(reader, ino))) {
    if (limits.omit.has(entry.ino)) continue;
    const node: TreeNode = { entry, path: `${path === "/" ? "" : path}/${entry.name}`, depth };
    yield node;
    if (entry.kind === "directory" && depth < limits.maxDepth) {
      yield* walkTree(reader, entry.ino, node.path, limits, depth + 1);
    }
  }
}

/** Every entry of a folder, or the first `limit` that were made. */
export function readAll(
  reader: CatalogueReader,
  ino: number,
  limit = Number.POSITIVE_INFINITY,
): DirectoryEntry[] {
  const entries: DirectoryEntry[] = [];
  for (let cookie = 0; entries.length < limit; ) {
    const page = reader.readdir(ino, cookie, Math.min(PAGE, limit - entries.length));
    const last = page.at(-1);
    if (!last) break;
    entries.push(...page);
    cookie = last.cookie;
  }
  return entries;
}

export function sortEntries(entries: readonly DirectoryEntry[]): DirectoryEntry[] {
  // Names that a collator takes for equal have an order all the same, and not that of the scan.
  return entries.toSorted(
    (one, other) => byName.compare(one.name, other.name) || (one.name < other.name ? -1 : 1),
  );
}
