import { type NodeAttributes, ROOT_INO } from "../model/entry.js";
import type { CatalogueReader } from "./reader.js";

/** Finds what a path names, as the mount would. `undefined` when there is nothing. */
export function findNode(
  reader: CatalogueReader,
  path: string,
): { path: string; node: NodeAttributes } | undefined {
  const segments = path
    .normalize("NFC")
    .split("/")
    .filter((segment) => segment !== "" && segment !== ".");
  let node = reader.getattr(ROOT_INO);
  for (const segment of segments) node = node && reader.lookup(node.ino, segment);
  return node && { path: `/${segments.join("/")}`, node };
}
