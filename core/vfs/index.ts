/** What `import … from "musicfs/vfs"` gives: everything a mount driver needs beside `musicfs`. */
export { pathFromBytes, pathToBytes } from "../content/path-bytes.js";
export type { ErrnoName } from "../errno.js";
export { ERRNO, ErrnoError, errnoOf } from "../errno.js";
export { MusicfsError } from "../errors.js";
export type { DirectoryEntry, EntryChange, NodeAttributes, NodeKind } from "../model/entry.js";
export { ROOT_INO } from "../model/entry.js";
export type { VfsDescription } from "../model/mount-driver.js";
export { settledBy } from "../settled-by.js";
export { type BlobPlace, BlobTable } from "../store/blob-table.js";
export { LINK_MAX_BYTES, NAME_MAX_BYTES } from "./limits.js";
export { isLive } from "./own-nodes.js";
export type { FileIdentity, FilesystemTotals, OpenedFile } from "./vfs.js";
export { openVfs, Vfs } from "./vfs.js";
