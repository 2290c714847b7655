/** What an inode is. A link is a symbolic one. */
export type NodeKind = "directory" | "file" | "link";

/** Number of the root directory's inode, in every catalogue and as FUSE wants it. */
export const ROOT_INO = 1;

/**
 * What the filesystem knows of an inode.
 *
 * `ino` stays the same for as long as the track or directory exists, over restarts and rescans.
 * `revision` counts the versions of a file's content: what is shown under one pair of both never changes.
 * A link keeps its target for life; its size is the target's length in bytes.
 */
export interface NodeAttributes {
  readonly ino: number;
  readonly revision: number;
  readonly kind: NodeKind;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
}

/** One name in a directory. `cookie` continues a listing after it and is never used twice. */
export interface DirectoryEntry extends NodeAttributes {
  readonly name: string;
  readonly cookie: number;
}

/** A name that appeared, vanished or now stands for something else: what a kernel must forget. */
export interface EntryChange {
  readonly parentIno: number;
  readonly name: string;
}
