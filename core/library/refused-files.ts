/** A file that an origin lists and the library cannot show. */
export interface RefusedFile {
  /** Its path in the origin, as far as it can be written. */
  readonly path: string;
  /** A word that programs may match on. */
  readonly reason: string;
  /** The same for a person. */
  readonly detail: string;
}

/** Files of one origin that are remembered. */
const MAX_REMEMBERED = 10_000;
const NOT_TEXT = "not-text";
export const NOT_TEXT_DETAIL =
  "a path holds halves of characters (lone surrogates), which no database and no disk can keep";

/** Files that the last listings of one origin had and that cannot be shown. */
export class RefusedFiles {
  #files = new Map<string, RefusedFile>();

  /** Whether a file of this path can be shown: one that is no text cannot. */
  static canShow(path: string): boolean {
    return path.isWellFormed();
  }

  /**
   * Takes in what a whole listing refused.
   *
   * @param below the paths that were listed with all below them; absent: everything.
   */
  replace(paths: readonly string[], below?: readonly string[]): void {
    const isListed = (path: string): boolean =>
      below?.every((top) => path !== top && !path.startsWith(`${top}/`)) !== true;
    const files = new Map([...this.#files].filter(([path]) => !isListed(path)));
    for (const path of paths) {
      if (files.size >= MAX_REMEMBERED) break;
      files.set(path, { path: path.toWellFormed(), reason: NOT_TEXT, detail: NOT_TEXT_DETAIL });
    }
    this.#files = files;
  }

  /** By path. */
  list(): RefusedFile[] {
    return [...this.#files.values()].sort((one, other) => (one.path < other.path ? -1 : 1));
  }
}
