/** So many names are kept, of all directories together: some 2 MB. */
const MAX_NAMES = 20_000;
/** A directory with more names is not kept: reading them would hold up others. */
const MAX_DIRECTORY_NAMES = 2048;
/** So many lookups in a directory, while nothing changes, make it worth reading its names. */
const WORTHWHILE_LOOKUPS = 32;

/** The names in a directory: at most `limit` of them, as they are in the catalogue at one moment. */
export type NamesOf = (ino: number, limit: number) => readonly string[];

/**
 * Knows what directories do not hold, so that programs which try many names that nobody has (covers, lyrics,
 * side files) are answered without a read of the catalogue.
 *
 * What it knows holds as long as the tree's `generation` stands still. The writer of the catalogue moves that
 * after each commit and before it tells the kernel what changed, so that nothing older is told after that.
 */
export class AbsentNames {
  readonly #generation: Int32Array;
  readonly #namesOf: NamesOf;
  /** By inode of the directory: its names, or the lookups that were seen; `undefined`: too many names. */
  readonly #directories = new Map<number, ReadonlySet<string> | number | undefined>();
  #knownGeneration = 0;
  #names = 0;

  constructor(generation: SharedArrayBuffer, namesOf: NamesOf) {
    this.#generation = new Int32Array(generation);
    this.#namesOf = namesOf;
  }

  /** Whether the directory surely has no such name. `name` is in NFC. To be asked once a lookup. */
  has(parentIno: number, name: string): boolean {
    const generation = Atomics.load(this.#generation, 0);
    if (generation !== this.#knownGeneration) this.#forget(generation);
    const known = this.#directories.get(parentIno);
    if (typeof known === "object") return !known.has(name);
    if (known !== undefined || !this.#directories.has(parentIno)) this.#count(parentIno, known ?? 0);
    return false;
  }

  #count(parentIno: number, lookups: number): void {
    if (this.#directories.size >= MAX_NAMES) this.#forget(this.#knownGeneration);
    this.#directories.set(parentIno, lookups < WORTHWHILE_LOOKUPS ? lookups + 1 : this.#read(parentIno));
  }

  #read(parentIno: number): ReadonlySet<string> | undefined {
    const names = this.#namesOf(parentIno, MAX_DIRECTORY_NAMES + 1);
    if (names.length > MAX_DIRECTORY_NAMES) return undefined;
    if (this.#names + names.length > MAX_NAMES) this.#forget(this.#knownGeneration);
    this.#names += names.length;
    return new Set(names);
  }

  #forget(generation: number): void {
    this.#directories.clear();
    this.#names = 0;
    this.#knownGeneration = generation;
  }
}
