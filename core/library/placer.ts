import { createHash } from "node:crypto";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { FileRow } from "../catalogue/files.js";
import type { NameRow } from "../catalogue/tree.js";
import { type EntryChange, ROOT_INO } from "../model/entry.js";
import { safeName } from "./names.js";

/** Most segments that a path may have; of a longer one the folders in the middle are left out. */
const MAX_DEPTH = 128;

/** Lengths of a suffix, in characters of 5 bits: a longer one is tried where two files share the shorter. */
const SUFFIX_LENGTHS = [8, 16, 32] as const;

/** What happened to a name. */
export interface PlacementChange extends EntryChange {
  readonly kind: "added" | "changed" | "removed";
  /** Path of a file from the root, where somebody wants to know it. */
  readonly path?: string;
}

export interface PlacerOptions {
  readonly catalogue: Catalogue;
  /** Ids of the origins by their numbers. */
  readonly originIds: ReadonlyMap<number, string>;
  /** Whether changes shall carry paths. */
  readonly wantsPaths: () => boolean;
}

/**
 * Puts files into the tree, and takes them out of it. Runs inside a transaction of the catalogue.
 *
 * Two files that want one path are both shown. Which one gets the plain name depends on the set of files
 * alone and not on the order of the scan: the one whose origin was configured first, then the one with the
 * smaller path. The other's suffix is made of its own origin and path, so it never changes with its
 * siblings; and once given, it stays when the sibling goes.
 */
export class Placer {
  readonly #catalogue: Catalogue;
  readonly #options: PlacerOptions;
  readonly #changes: PlacementChange[] = [];

  constructor(options: PlacerOptions) {
    this.#catalogue = options.catalogue;
    this.#options = options;
  }

  /** Shows `file` under `segments`, and nowhere else. */
  place(file: FileRow, segments: readonly string[]): void {
    const names = safeSegments(segments);
    const fileName = names.pop() ?? "_";
    const parentIno = this.#ensureDirectories(names);
    const current = this.#catalogue.tree.namesOf(file.ino);
    const kept = this.#claim(parentIno, fileName, file, current);
    for (const row of current) if (row.cookie !== kept) this.#removeName(row, file);
  }

  /** Takes a file out of the tree, with the directories that become empty. */
  remove(file: FileRow): void {
    for (const row of this.#catalogue.tree.namesOf(file.ino)) this.#removeName(row, file);
  }

  /** Notes that a file's content changed, so that its names stand for another revision. */
  touch(file: FileRow): void {
    for (const row of this.#catalogue.tree.namesOf(file.ino))
      this.#noteFile(row.parentIno, row.name, "changed");
  }

  /** What changed since the last call. */
  takeChanges(): PlacementChange[] {
    return this.#changes.splice(0);
  }

  #ensureDirectories(names: readonly string[]): number {
    let parentIno = ROOT_INO;
    for (const name of names) parentIno = this.#ensureDirectory(parentIno, name);
    return parentIno;
  }

  #ensureDirectory(parentIno: number, name: string): number {
    const { tree } = this.#catalogue;
    const row = tree.child(parentIno, name);
    if (row && tree.isDirectory(row.ino)) return row.ino;
    if (row) this.#displace(row);
    const ino = tree.insertDirectory(parentIno, name, Date.now());
    this.#catalogue.count({ directories: 1 });
    this.#note(parentIno, name, "added");
    return ino;
  }

  // Gives the file the wanted name, or one with a suffix, and returns the cookie of a name that it had already.
  #claim(parentIno: number, name: string, file: FileRow, current: readonly NameRow[]): number | undefined {
    const suffixed = current.find(
      (row) => row.collided && row.parentIno === parentIno && this.#isSuffixed(row, name, file),
    );
    if (suffixed) return suffixed.cookie;
    const holder = this.#catalogue.tree.child(parentIno, name);
    if (holder?.ino === file.ino) return holder.cookie;
    if (!holder) return this.#addName(parentIno, name, file, false);
    if (!this.#yields(holder, file)) return this.#claimSuffixed(parentIno, name, file, current);
    this.#displace(holder);
    return this.#addName(parentIno, name, file, false);
  }

  #claimSuffixed(
    parentIno: number,
    name: string,
    file: FileRow,
    current: readonly NameRow[],
  ): number | undefined {
    for (const candidate of this.#suffixedNames(name, file)) {
      const holder = this.#catalogue.tree.child(parentIno, candidate);
      if (!holder) return this.#addName(parentIno, candidate, file, true);
      if (current.some((row) => row.cookie === holder.cookie)) return holder.cookie;
    }
    throw new Error(`no free name for ${file.path}`);
  }

  #isSuffixed(row: NameRow, name: string, file: FileRow): boolean {
    return this.#suffixedNames(name, file).includes(row.name);
  }

  #suffixedNames(name: string, file: FileRow): string[] {
    const identity = identityOf(this.#options.originIds.get(file.originNumber) ?? "", file.path);
    return SUFFIX_LENGTHS.map((length) => safeName(name, ` [${identity.slice(0, length)}]`));
  }

  // Directories keep their names; of two files, the smaller origin and path does.
  #yields(holder: NameRow, file: FileRow): boolean {
    const other = this.#catalogue.files.byIno(holder.ino);
    if (!other) return false;
    if (holder.collided) return false;
    if (other.originNumber !== file.originNumber) return file.originNumber < other.originNumber;
    return file.path < other.path;
  }

  #displace(holder: NameRow): void {
    const { tree, files } = this.#catalogue;
    const file = files.byIno(holder.ino);
    if (!file) throw new Error(`inode ${holder.ino} has no file`);
    tree.removeName(holder, Date.now());
    this.#noteFile(holder.parentIno, holder.name, "removed");
    this.#catalogue.count({ tracks: -1, bytes: -file.sizeBytes });
    this.#claimSuffixed(holder.parentIno, holder.name, file, []);
  }

  #addName(parentIno: number, name: string, file: FileRow, collided: boolean): undefined {
    this.#catalogue.tree.insertName(parentIno, name, file.ino, collided, Date.now());
    this.#catalogue.count({ tracks: 1, bytes: file.sizeBytes });
    this.#noteFile(parentIno, name, "added");
  }

  #removeName(row: NameRow, file: FileRow): void {
    this.#catalogue.tree.removeName(row, Date.now());
    this.#catalogue.count({ tracks: -1, bytes: -file.sizeBytes });
    this.#noteFile(row.parentIno, row.name, "removed");
    this.#removeEmpty(row.parentIno);
  }

  #removeEmpty(ino: number): void {
    const { tree } = this.#catalogue;
    for (let at = ino; at !== ROOT_INO && tree.isEmpty(at); ) {
      const [row] = tree.namesOf(at);
      if (!row) return;
      tree.removeName(row, Date.now());
      tree.removeDirectory(at);
      this.#catalogue.count({ directories: -1 });
      this.#note(row.parentIno, row.name, "removed");
      at = row.parentIno;
    }
  }

  #noteFile(parentIno: number, name: string, kind: PlacementChange["kind"]): void {
    if (!this.#options.wantsPaths()) {
      this.#note(parentIno, name, kind);
      return;
    }
    const parent = this.#catalogue.tree.pathOf(parentIno) ?? "/";
    this.#changes.push({ parentIno, name, kind, path: `${parent === "/" ? "" : parent}/${name}` });
  }

  #note(parentIno: number, name: string, kind: PlacementChange["kind"]): void {
    this.#changes.push({ parentIno, name, kind });
  }
}

function safeSegments(segments: readonly string[]): string[] {
  const whole =
    segments.length <= MAX_DEPTH ? segments : [...segments.slice(0, MAX_DEPTH - 1), segments.at(-1) ?? ""];
  return whole.map((segment) => safeName(segment));
}

// Base 32 in lower case without i, l, o and u (Crockford's alphabet), so that it can be read and typed.
function identityOf(originId: string, path: string): string {
  const alphabet = "0123456789abcdefghjkmnpqrstvwxyz";
  const digest = createHash("sha256").update(originId).update("\0").update(path).digest();
  return Array.from(digest, (byte) => alphabet[byte & 31]).join("");
}
