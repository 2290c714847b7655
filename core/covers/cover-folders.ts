import type { Catalogue } from "../catalogue/catalogue.js";
import type { GeneratedFiles } from "../generated/generated-files.js";
import type { Branch } from "../library/branch.js";

/** A directory in each directory that has a cover; no listing shows it. */
export const COVERS_NAME = ".covers";
/** What lies in each of its directories. */
const FILE_NAME = "cover.jpg";
/** So many are in the tree at a time; the one made longest ago goes first. */
const MAX_FOLDERS = 1000;

export interface CoverFoldersOptions {
  readonly catalogue: Catalogue;
  readonly branch: Branch;
  readonly generated: Pick<GeneratedFiles, "remove">;
}

/** The directories `.covers/<size>/` that are in the tree. Writing calls belong in a transaction. */
export class CoverFolders {
  readonly #options: CoverFoldersOptions;
  /** Inode of `.covers` by that of its directory, the one made longest ago first. */
  readonly #shown = new Map<number, number>();

  constructor(options: CoverFoldersOptions) {
    this.#options = options;
  }

  /** Inode of the `.covers` of a directory; `undefined` where it has none (yet). */
  inoOf(directoryIno: number): number | undefined {
    return this.#shown.get(directoryIno);
  }

  /** Shows pictures, by their sizes, in place of what a directory had before. @returns the inode of its `.covers`. */
  show(directoryIno: number, inosBySize: ReadonlyMap<number, number>): number {
    const { branch } = this.#options;
    this.remove(directoryIno);
    const [oldest] = this.#shown.keys();
    if (oldest !== undefined && this.#shown.size >= MAX_FOLDERS) this.remove(oldest);
    const ino = branch.unlistedDirectory(directoryIno, COVERS_NAME);
    for (const [size, pictureIno] of inosBySize) {
      const folder = branch.directory(ino, String(size));
      if (folder !== undefined) branch.add(folder, FILE_NAME, pictureIno);
    }
    this.#shown.set(directoryIno, ino);
    return ino;
  }

  /** Takes the `.covers` of a directory away: its cover is another one now, or gone. */
  remove(directoryIno: number): void {
    const ino = this.#shown.get(directoryIno);
    if (ino !== undefined) this.#remove(directoryIno, ino);
  }

  /** Takes away what an earlier run showed: nobody has followed since whether it is right. */
  removeEarlier(): void {
    const { catalogue, branch } = this.#options;
    for (const { parentIno, ino } of catalogue.tree.unlistedOf(branch.view)) this.#remove(parentIno, ino);
  }

  #remove(directoryIno: number, ino: number): void {
    const { catalogue, branch, generated } = this.#options;
    const { tree } = catalogue;
    const pictures = tree.childrenOf(ino).flatMap((size) => tree.childrenOf(size.ino));
    branch.remove(directoryIno, COVERS_NAME);
    this.#shown.delete(directoryIno);
    for (const picture of pictures) if (!tree.hasName(picture.ino)) generated.remove(picture.ino);
  }
}
