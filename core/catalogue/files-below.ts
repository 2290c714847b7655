import { setImmediate as nextTurn } from "node:timers/promises";
import type { NodeAttributes } from "../model/entry.js";
import type { CatalogueReader, NodeFile } from "./reader.js";

/** Entries that are read at a time: a millisecond or two. */
const PAGE = 200;

/**
 * Gives the origin files at and below a node, each once, some at a time, and lets the thread do other things
 * between. What is not an origin's (links, generated files) is left out.
 *
 * @throws `signal.reason`
 */
export async function* filesBelow(
  reader: CatalogueReader,
  node: NodeAttributes,
  signal: AbortSignal,
): AsyncGenerator<readonly NodeFile[]> {
  // A file can have names in several folders.
  const seen = new Set<number>();
  const take = (nodes: readonly NodeAttributes[]): NodeFile[] =>
    nodes.flatMap(({ kind, ino }) => {
      const file = kind === "file" ? reader.fileOf(ino) : undefined;
      if (!file || seen.has(file.fileId)) return [];
      seen.add(file.fileId);
      return [file];
    });
  yield take([node]);
  const folders = node.kind === "directory" ? [node.ino] : [];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (let cookie = 0; ; ) {
      signal.throwIfAborted();
      const page = reader.readdir(folder, cookie, PAGE);
      folders.push(...page.filter(({ kind }) => kind === "directory").map(({ ino }) => ino));
      yield take(page);
      await nextTurn();
      const last = page.at(-1);
      if (!last || page.length < PAGE) break;
      cookie = last.cookie;
    }
  }
}
