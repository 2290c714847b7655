import { ErrnoError, type NodeAttributes, ROOT_INO, type Vfs } from "musicfs/vfs";

/**
 * The node at a path of the mount.
 *
 * @throws ErrnoError ENOENT, or ENOTDIR where a file stands in the middle.
 */
export function resolvePath(vfs: Vfs, path: string): NodeAttributes {
  let node = required(vfs.getattr(ROOT_INO));
  for (const name of path.split("/")) {
    if (name === "") continue;
    if (node.kind !== "directory") throw new ErrnoError("ENOTDIR");
    node = required(vfs.lookup(node.ino, name));
  }
  return node;
}

function required(node: NodeAttributes | undefined): NodeAttributes {
  if (!node) throw new ErrnoError("ENOENT");
  return node;
}
