import { closeSync } from "node:fs";
import { type CatalogueReader, openCatalogueReader } from "../catalogue/reader.js";
import { openLocal } from "../content/open-local.js";
import { ErrnoError } from "../errno.js";
import { type DirectoryEntry, type NodeAttributes, ROOT_INO } from "../model/entry.js";
import type { GeneratedFolders, VfsDescription, VfsOrigin } from "../model/mount-driver.js";
import { BlobTable } from "../store/blob-table.js";
import { AbsentNames } from "./absent-names.js";
import { isLive, isOwn, lookupOwn, OWN_DIRECTORY_INO, ownAttributes, readOwnDirectory } from "./own-nodes.js";

type LocalFolder = NonNullable<VfsOrigin["local"]>;

/** How the bytes of an opened file are had. */
export type OpenedFile =
  /** From `fd`, which the caller owns and closes: it holds exactly the content of this inode and revision. */
  | {
      readonly kind: "local";
      readonly fd: number;
      readonly identity: FileIdentity;
      readonly sizeBytes: number;
    }
  /** From the table of cached files ({@link Vfs.blobs}) as far as it has them, and by `LateAnswers.read` else. */
  | { readonly kind: "cached"; readonly sizeBytes: number }
  /** By `LateAnswers.read`, past the kernel's cache, until a read comes back short: nobody knows its size. */
  | { readonly kind: "live" }
  /** Only by `LateAnswers.read` on the main thread. */
  | { readonly kind: "late"; readonly sizeBytes: number }
  /** The file is no longer what the catalogue says: `LateAnswers.refresh`, then answer ESTALE. */
  | { readonly kind: "changed" };

/** Tells whether two opens gave the same content: the numbers of `stat` that change with it. */
export interface FileIdentity {
  readonly device: number;
  readonly ino: number;
  readonly ctimeMs: number;
}

export interface FilesystemTotals {
  readonly totalBytes: number;
  readonly freeBytes: number;
  readonly files: number;
}

/**
 * The tree as inodes: what every mount driver serves, synchronously and from this disk alone.
 * One instance belongs to one thread. Errors are {@link ErrnoError}s.
 */
export class Vfs {
  readonly #catalogue: CatalogueReader;
  readonly #origins: ReadonlyMap<number, VfsOrigin>;
  readonly #generated: GeneratedFolders | undefined;
  readonly #late: ReadonlySet<number>;
  readonly #lateNames: ReadonlySet<string>;
  readonly #absent: AbsentNames | undefined;
  readonly #hasOwnNodes: boolean;

  /** Where the content of `cached` files is found. */
  readonly blobs: BlobTable | undefined;

  constructor(catalogue: CatalogueReader, description: Omit<VfsDescription, "cataloguePath">) {
    const { origins, generated, generation, blobs, ownNodes = false } = description;
    const { lateDirectories = [], lateNames = [] } = description;
    this.blobs = blobs && new BlobTable(blobs);
    this.#catalogue = catalogue;
    this.#origins = new Map(origins.map((origin) => [origin.number, origin]));
    this.#generated = generated;
    this.#late = new Set([...lateDirectories, ...(ownNodes ? [OWN_DIRECTORY_INO] : [])]);
    this.#lateNames = new Set(lateNames);
    this.#hasOwnNodes = ownNodes;
    this.#absent = generation && new AbsentNames(generation, (ino, limit) => catalogue.namesOf(ino, limit));
  }

  /** The node that a name stands for, or `undefined`. Names are accepted in any Unicode normalisation. */
  lookup(parentIno: number, name: string): NodeAttributes | undefined {
    const node = this.#lookupStored(parentIno, name.normalize("NFC"));
    return node ?? (this.#hasOwnNodes ? lookupOwn(parentIno, name) : undefined);
  }

  #lookupStored(parentIno: number, name: string): NodeAttributes | undefined {
    if (!this.isLate(parentIno, name) && this.#absent?.has(parentIno, name)) return undefined;
    return this.#catalogue.lookup(parentIno, name);
  }

  /**
   * Whether a name is made when it is looked up: if {@link lookup} does not find it, `LateAnswers.lookup` is asked,
   * and the kernel keeps it in no case.
   */
  isLate(parentIno: number, name: string): boolean {
    return this.#late.has(parentIno) || this.#lateNames.has(name);
  }

  /** @returns `undefined` when the inode is gone. */
  getattr(ino: number): NodeAttributes | undefined {
    return isOwn(ino) ? ownAttributes(ino) : this.#catalogue.getattr(ino);
  }

  /** Up to `limit` entries after `cookie` (0: from the start), without `.` and `..`; fewer only at the end. */
  readdir(ino: number, cookie: number, limit: number): DirectoryEntry[] {
    if (isOwn(ino)) return readOwnDirectory(ino, cookie, limit);
    return this.#catalogue.readdir(ino, cookie, limit);
  }

  /** Inode of the directory that holds `ino`; the root holds itself. */
  parentOf(ino: number): number {
    if (ino === OWN_DIRECTORY_INO) return ROOT_INO;
    return this.#catalogue.parentOf(ino)?.parentIno ?? ino;
  }

  /**
   * Where a link leads, as it was made.
   *
   * @throws ErrnoError EINVAL when the inode is no link, ENOENT when it is gone.
   */
  readlink(ino: number): string {
    const target = this.#catalogue.linkOf(ino);
    if (target === undefined) throw new ErrnoError(this.#catalogue.getattr(ino) ? "EINVAL" : "ENOENT");
    return target;
  }

  /**
   * Opens the content that an inode has at `revision`.
   *
   * @throws ErrnoError ENOENT when the inode is gone, ESTALE when the revision is, EISDIR for a directory,
   * EINVAL for a link, and what the disk said (EACCES, EIO, EMFILE) otherwise.
   */
  open(ino: number, revision: number): OpenedFile {
    if (isLive(ino)) return { kind: "live" };
    const file = this.#catalogue.fileOf(ino);
    if (!file) return this.#openGenerated(ino, revision);
    if (file.revision !== revision) throw new ErrnoError("ESTALE");
    const local = this.#origins.get(file.originNumber)?.local;
    if (local) return openShown(local, file);
    return { kind: this.blobs ? "cached" : "late", sizeBytes: file.sizeBytes };
  }

  #openGenerated(ino: number, revision: number): OpenedFile {
    const file = this.#catalogue.generatedOf(ino);
    if (!file) throw new ErrnoError(refusalOf(this.#catalogue.getattr(ino)));
    if (file.revision !== revision) throw new ErrnoError("ESTALE");
    const root = this.#generated?.[file.place];
    if (root === undefined) throw new ErrnoError("EIO", "there is no folder of generated files");
    return openShown({ root, followSymlinks: false }, file);
  }

  statfs(): FilesystemTotals {
    const { totalBytes, freeBytes, tracks, directories } = this.#catalogue.capacity();
    return { totalBytes, freeBytes, files: tracks + directories };
  }

  close(): void {
    this.#catalogue.close();
  }
}

/** Opens a VFS in this thread, be it the main one or a worker. Close it after use. */
export function openVfs(description: VfsDescription): Vfs {
  return new Vfs(openCatalogueReader(description.cataloguePath), description);
}

interface ShownFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
}

function openShown(local: LocalFolder, { path, sizeBytes, mtimeMs }: ShownFile): OpenedFile {
  const opened = openLocalOrUndefined(local, path);
  if (!opened) return { kind: "changed" };
  const { size, mtimeMs: changedMs, dev: device, ino, ctimeMs } = opened.stat;
  if (size === sizeBytes && changedMs === mtimeMs) {
    return { kind: "local", fd: opened.fd, identity: { device, ino, ctimeMs }, sizeBytes };
  }
  closeSync(opened.fd);
  return { kind: "changed" };
}

function refusalOf(node: NodeAttributes | undefined): "EISDIR" | "EINVAL" | "ENOENT" {
  if (!node) return "ENOENT";
  return node.kind === "directory" ? "EISDIR" : "EINVAL";
}

// A file that is not there any more, or is a link or a device now, is a change of the library and not an
// error of the disk: the main thread finds out what became of it.
function openLocalOrUndefined(local: LocalFolder, path: string) {
  try {
    return openLocal(local.root, path, local.followSymlinks);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ELOOP" || code === "EINVAL") return undefined;
    throw error;
  }
}
