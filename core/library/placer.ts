import { createHash } from "node:crypto";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileRow } from "../catalogue/files.js";
import type { NameRow } from "../catalogue/tree.js";
import { type NamesMode, safeName, splitExtension } from "./names.js";
import { isReserved } from "./reserved-names.js";
import type { TreeEditor } from "./tree-editor.js";

/** Most segments that a path may have; of a longer one the folders in the middle are left out. */
const MAX_DEPTH = 128;
/** Most paths of one track in one view; more are left out. */
const MAX_PATHS = 64;

/** Lengths of a suffix, in characters of 5 bits: a longer one is tried where two files share the shorter. */
const SUFFIX_LENGTHS = [8, 16, 32] as const;

export interface PlacerOptions {
  readonly catalogue: Catalogue;
  readonly editor: TreeEditor;
  /** Ids of the origins by their numbers. */
  readonly originIds: ReadonlyMap<number, string>;
  /** The view whose names are placed. */
  readonly view: number;
  /** Inode of the view's root. */
  readonly rootIno: number;
  /** Names in the view's root that are not for tracks: roots of other views, and what MusicFS shows itself. */
  readonly reserved: readonly string[];
  /** @default "posix" */
  readonly names?: NamesMode;
}

/**
 * Puts tracks into one view, and takes them out of it; their names in other views are left alone. Runs inside
 * a transaction of the catalogue.
 *
 * Two files that want one path are both shown. Which one gets the plain name depends on the set of files
 * alone and not on the order of the scan: the one whose origin was configured first, then the one with the
 * smaller path. The other's suffix is made of its own origin and path, so it never changes with its
 * siblings; and once given, it stays when the sibling goes.
 */
export class Placer {
  readonly #catalogue: Catalogue;
  readonly #editor: TreeEditor;
  readonly #options: PlacerOptions;

  constructor(options: PlacerOptions) {
    this.#catalogue = options.catalogue;
    this.#editor = options.editor;
    this.#options = options;
  }

  /** Shows `file` under each of `paths`, which are segments below the view's root, and nowhere else in the view. */
  place(file: FileRow, paths: readonly (readonly string[])[]): void {
    // All directories first: one that a path needs may take the place of the file's own name by another path.
    const places = paths.slice(0, MAX_PATHS).map((segments) => this.#placeOf(segments));
    const current = this.#namesHere(file);
    const kept = new Set(
      places.map(({ parentIno, name }) => this.#claim(parentIno, name, file, current).cookie),
    );
    for (const row of current) if (!kept.has(row.cookie)) this.#removeName(row, file);
  }

  /** Whether the file has a name in the view. */
  has(file: FileRow): boolean {
    return this.#namesHere(file).length > 0;
  }

  /** Takes a file out of the view, with the directories that become empty. */
  remove(file: FileRow): void {
    for (const row of this.#namesHere(file)) this.#removeName(row, file);
  }

  /** Makes the directories of a path that are missing. @returns the inode of the last one. */
  ensureDirectories(names: readonly string[]): number {
    let parentIno = this.#options.rootIno;
    for (const name of names) parentIno = this.#ensureDirectory(parentIno, name);
    return parentIno;
  }

  #namesHere(file: FileRow): NameRow[] {
    return this.#catalogue.tree.namesOf(file.ino).filter(({ view }) => view === this.#options.view);
  }

  #placeOf(segments: readonly string[]): { parentIno: number; name: string } {
    const names = safeSegments(segments, this.#options.reserved, this.#options.names);
    const name = names.pop() ?? "_";
    return { parentIno: this.ensureDirectories(names), name };
  }

  #ensureDirectory(parentIno: number, name: string): number {
    const { tree, files } = this.#catalogue;
    // What is no track keeps its name.
    for (let mark = ""; ; mark += "_") {
      const folder = mark === "" ? name : safeName(name, mark, this.#options.names);
      const row = tree.child(parentIno, folder);
      if (row && tree.isDirectory(row.ino)) return this.#respell(row, folder);
      const file = row && files.byIno(row.ino);
      if (row && !file) continue;
      if (row && file) this.#displace(row, file);
      return this.#editor.addDirectory(this.#options.view, parentIno, folder);
    }
  }

  // Of several spellings of one folder the smallest is shown, whichever came first.
  #respell(row: NameRow, name: string): number {
    if (name < row.name && row.view === this.#options.view) this.#editor.renameDirectory(row, name);
    return row.ino;
  }

  // Gives the file the wanted name, or one with a suffix, or finds that it has it already.
  #claim(
    parentIno: number,
    name: string,
    file: FileRow,
    current: readonly NameRow[],
  ): Pick<NameRow, "cookie"> {
    const collided = current.filter((row) => row.collided && row.parentIno === parentIno);
    if (collided.length > 0) {
      const suffixes = this.#suffixedNames(name, file);
      const suffixed = collided.find((row) => suffixes.includes(row.name));
      if (suffixed) return suffixed;
    }
    const holder = this.#catalogue.tree.child(parentIno, name);
    if (!holder) return this.#addName(parentIno, name, file, false);
    if (holder.ino === file.ino && holder.name === name) return holder;
    if (holder.ino === file.ino) {
      // Where cases are one, another case is the same name spelt anew.
      this.#editor.removeTrackName(holder, file);
      return this.#addName(parentIno, name, file, false);
    }
    const other = this.#catalogue.files.byIno(holder.ino);
    if (!other || !yields(holder, other, file)) return this.#claimSuffixed(parentIno, name, file);
    this.#displace(holder, other);
    return this.#addName(parentIno, name, file, false);
  }

  #claimSuffixed(parentIno: number, name: string, file: FileRow, view?: number): Pick<NameRow, "cookie"> {
    for (const candidate of this.#suffixedNames(name, file)) {
      const holder = this.#catalogue.tree.child(parentIno, candidate);
      if (!holder) return this.#addName(parentIno, candidate, file, true, view);
      if (holder.ino === file.ino) return holder;
    }
    throw new Error(`no free name for ${file.path}`);
  }

  #suffixedNames(name: string, file: FileRow): string[] {
    return this.#suffixes(file).map((suffix) => safeName(name, suffix, this.#options.names));
  }

  #suffixes(file: FileRow): string[] {
    const identity = identityOf(this.#options.originIds.get(file.originNumber) ?? "", file.path);
    return SUFFIX_LENGTHS.map((length) => ` [${identity.slice(0, length)}]`);
  }

  // Takes a name away from a file, and gives it one with a suffix, or with a longer one.
  #displace(holder: NameRow, file: FileRow): void {
    const { parentIno, name, view } = holder;
    this.#editor.removeTrackName(holder, file);
    if (!holder.collided) this.#claimSuffixed(parentIno, name, file, view);
    else this.#claimLonger(holder, file);
  }

  #claimLonger({ parentIno, name, view }: NameRow, file: FileRow): void {
    const { stem, extension } = splitExtension(name);
    const suffixes = this.#suffixes(file);
    const had = suffixes.findIndex((suffix) => stem.endsWith(suffix));
    const plain = stem.slice(0, had < 0 ? undefined : -(suffixes[had] ?? "").length);
    for (const suffix of suffixes.slice(had + 1)) {
      const candidate = safeName(`${plain}${extension}`, suffix, this.#options.names);
      if (this.#catalogue.tree.child(parentIno, candidate)) continue;
      this.#addName(parentIno, candidate, file, true, view);
      return;
    }
    throw new Error(`no free name for ${file.path}`);
  }

  #addName(
    parentIno: number,
    name: string,
    file: FileRow,
    collided: boolean,
    view = this.#options.view,
  ): Pick<NameRow, "cookie"> {
    return { cookie: this.#editor.addTrackName(view, parentIno, name, file, collided) };
  }

  #removeName(row: NameRow, file: FileRow): void {
    this.#editor.removeTrackName(row, file);
    this.#editor.removeEmpty(row.parentIno);
  }
}

// A plain name is stronger than one that only looks so by its suffix; of two files, the smaller origin and
// path keeps it.
function yields(holder: NameRow, other: FileRow, file: FileRow): boolean {
  if (holder.collided) return true;
  if (other.originNumber !== file.originNumber) return file.originNumber < other.originNumber;
  return file.path < other.path;
}

function safeSegments(segments: readonly string[], reserved: readonly string[], mode?: NamesMode): string[] {
  const whole =
    segments.length <= MAX_DEPTH ? segments : [...segments.slice(0, MAX_DEPTH - 1), segments.at(-1) ?? ""];
  const names = whole.map((segment) => safeName(segment, "", mode));
  while (names[0] !== undefined && isReserved(names[0], reserved)) names[0] = safeName(names[0], "_", mode);
  return names;
}

// Base 32 in lower case without i, l, o and u (Crockford's alphabet), so that it can be read and typed.
function identityOf(originId: string, path: string): string {
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  const digest = createHash("sha256").update(originId).update("\0").update(path).digest();
  return Array.from(digest, (byte) => alphabet[byte & 31]).join("");
}
