/** A file of the other one's. */
export interface Place {
  readonly originId: string;
  readonly path: string;
}

/**
 * How files of the other one's origins are called here: with one origin by their paths, with all of them below a folder
 * for each.
 */
export class Paths {
  readonly #only: string | undefined;

  constructor(only: string | undefined) {
    this.#only = only;
  }

  /** @returns `undefined` for what no origin can have: it leads elsewhere, or is none of those that were asked for. */
  pathOf({ originId, path }: Place): string | undefined {
    if (!isPath(path)) return undefined;
    if (this.#only !== undefined) return originId === this.#only ? path : undefined;
    return `${folderOf(originId)}/${path}`;
  }

  /** @returns `undefined` where no origin's folder is meant. */
  placeOf(path: string): Place | undefined {
    if (this.#only !== undefined) return { originId: this.#only, path };
    const slash = path.indexOf("/");
    const originId = originOf(slash < 0 ? path : path.slice(0, slash));
    return originId === undefined ? undefined : { originId, path: slash < 0 ? "" : path.slice(slash + 1) };
  }
}

function folderOf(originId: string): string {
  const name = encodeURIComponent(originId);
  return /^\.+$/u.test(name) ? name.replaceAll(".", "%2E") : name;
}

function originOf(folder: string): string | undefined {
  try {
    const originId = decodeURIComponent(folder);
    return originId !== "" && folderOf(originId) === folder ? originId : undefined;
  } catch {
    return undefined;
  }
}

// What another server says is believed of nobody.
function isPath(path: string): boolean {
  if (path.length > 16_384 || path.includes("\0") || !path.isWellFormed()) return false;
  return path.split("/").every((segment) => segment !== "" && segment !== "." && segment !== "..");
}
