import type { Catalogue } from "../catalogue/catalogue.js";
import { findNode } from "../catalogue/find-node.js";
import type { ScanStatus } from "../control/status.js";
import { EXIT, MusicfsError } from "../errors.js";
import { escapeControls, safeJson } from "../text.js";
import { createCommandLog } from "./command-log.js";
import { type GlobalOptions, loadCommandConfig } from "./context.js";
import { formatBytes, formatCount, formatCounted } from "./format.js";
import { printLine, printMessage } from "./output.js";
import { createScreen } from "./screen.js";
import { formatScan } from "./status.js";
import { type TreeNode, type WalkLimits, walkTree } from "./tree-walk.js";

export interface TreeOptions extends GlobalOptions {
  readonly json?: boolean;
  readonly depth?: number;
  readonly view?: string;
}

/** Collisions that are told apart when they are shown; more are only counted as many. */
const MAX_COLLISIONS = 1_000_000;
const NOTHING: ReadonlySet<number> = new Set();

/**
 * `musicfs tree`: what the layout gives, made anew without a mount. A name that got a suffix because another
 * track has the same path is marked.
 *
 * @throws `MFS_USAGE` when nothing lies at `path`, or there is no such view.
 */
export async function tree(path: string, { json, depth, view, ...flags }: TreeOptions): Promise<void> {
  const config = await loadCommandConfig(flags);
  const { buildTree } = await import("../dry-run.js");
  const screen = createScreen(process.stderr);
  const log = createCommandLog(config.logLevel === "info" ? "warn" : config.logLevel, screen);
  const controller = new AbortController();
  process.once("SIGINT", () => controller.abort());
  const showProgress = (scan: ScanStatus): void => screen.show(`reading the library: ${formatScan(scan)}`);
  const made = await buildTree(config, log, showProgress, controller.signal)
    .catch(exitIfInterrupted(controller.signal))
    .finally(() => screen.clear());
  surrenderOnClose(() => made.close());
  try {
    const maxDepth = depth ?? Number.POSITIVE_INFINITY;
    const part = view === undefined ? { path, omit: NOTHING } : partOfView(made.catalogue, view, path);
    print(made.catalogue, part.path, { maxDepth, omit: part.omit }, json === true);
  } finally {
    await made.close();
  }
}

// What a shell expects of a program that Ctrl-C ended: 128 + SIGINT.
function exitIfInterrupted(signal: AbortSignal): (error: unknown) => never {
  return (error) => {
    if (signal.aborted) process.exit(130);
    throw error;
  };
}

// `musicfs tree | head` must not leave the scratch catalogue behind.
function surrenderOnClose(close: () => Promise<void>): void {
  process.stdout.removeAllListeners("error");
  process.stdout.on("error", () => {
    void close().finally(() => process.exit(EXIT.ok));
  });
}

// Of a view: where its part begins, and the folders in it that are roots of others.
function partOfView({ reader, views }: Catalogue, view: string, path: string) {
  const root = view === "/" ? view : `/${view.split("/").filter(Boolean).join("/")}`.normalize("NFC");
  const roots = views
    .all()
    .map(({ key }) => key)
    .filter((key) => key.startsWith("/"));
  if (!roots.includes(root)) {
    throw new MusicfsError("MFS_USAGE", `there is no view '${root}'; there are ${roots.join(", ")}`);
  }
  const others = roots.filter((other) => other !== root && other !== "/" && !root.startsWith(`${other}/`));
  const omit = new Set(others.flatMap((other) => findNode(reader, other)?.node.ino ?? []));
  return { path: `${root}/${path}`, omit };
}

function print(catalogue: Catalogue, path: string, limits: WalkLimits, json: boolean): void {
  const found = findNode(catalogue.reader, path);
  if (!found) throw new MusicfsError("MFS_USAGE", `nothing lies at '${path}' in the tree`);
  const collided = new Set(catalogue.tree.collisions(MAX_COLLISIONS).map(({ cookie }) => cookie));
  const nodes =
    found.node.kind !== "directory" ? [] : walkTree(catalogue.reader, found.node.ino, found.path, limits);
  if (json) printTreeJson(catalogue, found.path, nodes, collided);
  else printTreeText(catalogue, found.path, nodes, collided);
}

function printTreeText(
  { totals }: Catalogue,
  path: string,
  nodes: Iterable<TreeNode>,
  collided: ReadonlySet<number>,
): void {
  printLine(escapeControls(path));
  for (const { entry, depth } of nodes) {
    const mark = collided.has(entry.cookie) ? "   (another track has this path, too)" : "";
    const slash = entry.kind === "directory" ? "/" : "";
    printLine(`${"  ".repeat(depth)}${escapeControls(entry.name)}${slash}${mark}`);
  }
  const folders = formatCounted(totals.directories, "folder");
  printMessage(
    `${formatCounted(totals.tracks, "track")} in ${folders}, ${formatBytes(totals.bytes)}; ` +
      `${formatCount(collided.size)} with a suffix, because another track has the same path`,
  );
}

// Written as it is made: a tree may be larger than the memory.
function printTreeJson(
  catalogue: Catalogue,
  path: string,
  nodes: Iterable<TreeNode>,
  collided: ReadonlySet<number>,
): void {
  const { tracks, directories, bytes } = catalogue.totals;
  const originIds = new Map(catalogue.origins().map(({ number, id }) => [number, id]));
  const head = safeJson({ path, tracks, directories, bytes, collisions: collided.size });
  printLine(`${head.slice(0, -1)},"entries":[`);
  let separator = "";
  for (const node of nodes) {
    const { kind, ino, sizeBytes, cookie } = node.entry;
    const size = kind === "file" ? { sizeBytes } : {};
    const file = kind === "file" ? catalogue.files.byIno(ino) : undefined;
    const of = file && { origin: originIds.get(file.originNumber), file: file.path };
    const entry = { path: node.path, kind, ...size, ...of, collided: collided.has(cookie) };
    process.stdout.write(`${separator}${safeJson(entry)}`);
    separator = ",\n";
  }
  printLine("\n]}");
}
