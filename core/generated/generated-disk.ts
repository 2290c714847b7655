import { mkdirSync, realpathSync } from "node:fs";
import { mkdir, open, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { GeneratedPlace } from "../catalogue/generated.js";
import type { GeneratedFolders } from "../model/mount-driver.js";
import { makePrivateFolder } from "../private-folder.js";

/** After an eviction so much of the budget is used. */
const LEFT_AFTER_EVICTION = 0.9;

/** Where a generated file lies, and what `stat` must say of it. */
export interface PlacedFile {
  readonly place: GeneratedPlace;
  readonly path: string;
  readonly mtimeMs: number;
}

interface FoundFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly ctimeMs: number;
}

/**
 * Makes the folders of generated files of an instance.
 *
 * @throws `MFS_FOLDER_UNUSABLE`
 */
export function makeGeneratedFolders(cacheDir: string, stateDir: string): GeneratedFolders {
  return {
    cache: madeFolder(cacheDir, "generated"),
    state: madeFolder(stateDir, "generated"),
    covers: madeFolder(cacheDir, "covers"),
  };
}

/** What the folders may hold, in bytes; that of `state` holds what there is. */
export interface GeneratedBudgets {
  readonly cache: number;
  readonly covers: number;
}

/** The bytes of generated files: written whole or not at all, within budgets. */
export class GeneratedDisk {
  readonly #folders: GeneratedFolders;
  readonly #budgets: GeneratedBudgets;
  readonly #isNamed: (place: GeneratedPlace, path: string) => boolean;
  /** Bytes in a folder, once it was walked. */
  readonly #held = new Map<GeneratedPlace, number>();
  readonly #openedMs = Date.now();
  #temporary = 0;
  #room: Promise<void> = Promise.resolve();
  #tidying: Promise<void> = Promise.resolve();

  /** @param isNamed whether the catalogue still names a file. */
  constructor(
    folders: GeneratedFolders,
    budgets: GeneratedBudgets,
    isNamed: (place: GeneratedPlace, path: string) => boolean,
  ) {
    this.#folders = folders;
    this.#budgets = budgets;
    this.#isNamed = isNamed;
  }

  /**
   * Writes a file; when this resolves, its bytes outlive a power cut. Makes room first where there is none.
   *
   * @throws what the disk says, or an error for a file that is larger than the whole budget.
   */
  async write({ place, path, mtimeMs }: PlacedFile, bytes: Uint8Array): Promise<void> {
    if (place !== "state") await this.#takeRoom(place, bytes.length);
    const target = join(this.#folders[place], path);
    const temporary = `${target}.${this.#openedMs}-${++this.#temporary}.part`;
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    try {
      const file = await open(temporary, "wx", 0o600);
      try {
        await file.writeFile(bytes);
        await file.datasync();
      } finally {
        await file.close();
      }
      await utimes(temporary, mtimeMs / 1000, mtimeMs / 1000);
      await rename(temporary, target);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }

  /**
   * Bytes of a file that lies there from before, which counts as made now: what was not asked for longest is the
   * first to go.
   *
   * @returns `undefined` where it is missing.
   */
  async reuse({ place, path, mtimeMs }: PlacedFile): Promise<number | undefined> {
    const full = join(this.#folders[place], path);
    try {
      await utimes(full, mtimeMs / 1000, mtimeMs / 1000);
      return (await stat(full)).size;
    } catch {
      return undefined;
    }
  }

  /**
   * Removes a file once the catalogue has been committed without it; one that is still named stays. Covers stay
   * until there is no room for them: they are named only while somebody looks at them.
   */
  removeLater({ place, path }: Pick<PlacedFile, "place" | "path">): void {
    if (place === "covers") return;
    this.#tidying = this.#tidying
      .then(() => nextTurn())
      .then(async () => {
        if (!this.#isNamed(place, path)) await rm(join(this.#folders[place], path), { force: true });
      })
      .catch(() => undefined);
  }

  /** Removes files of earlier runs that nothing names. */
  async sweep(signal: AbortSignal): Promise<void> {
    await this.#tidying;
    for (const place of ["state", "cache"] as const) {
      for await (const { path, ctimeMs } of this.#files(place)) {
        signal.throwIfAborted();
        // What this run writes is named a moment after it is there.
        if (ctimeMs < this.#openedMs && !this.#isNamed(place, path))
          await rm(join(this.#folders[place], path), { force: true });
      }
    }
  }

  // One after the other. Room is counted before the write, so the budget holds.
  #takeRoom(place: keyof GeneratedBudgets, bytes: number): Promise<void> {
    const taken = this.#room.then(() => this.#makeRoom(place, bytes));
    this.#room = taken.catch(() => undefined);
    return taken;
  }

  // The oldest go first; who has one open keeps it.
  async #makeRoom(place: keyof GeneratedBudgets, bytes: number): Promise<void> {
    const maxBytes = this.#budgets[place];
    if (bytes > maxBytes) throw new Error(`its ${bytes} bytes are more than all such files may have`);
    const held = (this.#held.get(place) ?? (await this.#countBytes(place))) + bytes;
    this.#held.set(place, held);
    if (held <= maxBytes) return;
    const files: FoundFile[] = [];
    for await (const file of this.#files(place)) files.push(file);
    files.sort((a, b) => a.ctimeMs - b.ctimeMs);
    let left = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, bytes);
    for (const { path, sizeBytes } of files) {
      if (left <= maxBytes * LEFT_AFTER_EVICTION) break;
      await rm(join(this.#folders[place], path), { force: true });
      left -= sizeBytes;
    }
    this.#held.set(place, left);
  }

  async #countBytes(place: GeneratedPlace): Promise<number> {
    let bytes = 0;
    for await (const { sizeBytes } of this.#files(place)) bytes += sizeBytes;
    return bytes;
  }

  async *#files(place: GeneratedPlace): AsyncGenerator<FoundFile> {
    const folder = this.#folders[place];
    for (const shard of await readdir(folder).catch(() => [])) {
      for (const name of await readdir(join(folder, shard)).catch(() => [])) {
        const path = `${shard}/${name}`;
        const found = await stat(join(folder, path)).catch(() => undefined);
        if (found?.isFile()) yield { path, sizeBytes: found.size, ctimeMs: found.ctimeMs };
      }
    }
  }
}

// The root must have no link in it: what is opened below is asked where it lies.
function madeFolder(base: string, name: string): string {
  const folder = join(base, name);
  mkdirSync(base, { recursive: true, mode: 0o700 });
  makePrivateFolder(folder);
  return realpathSync(folder);
}
