import { createHash } from "node:crypto";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { GeneratedRow, GeneratedVersion } from "../catalogue/generated.js";
import { ErrnoError } from "../errno.js";
import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import type { EntryChange } from "../model/entry.js";
import type { GeneratedFolders } from "../model/mount-driver.js";
import { type GeneratedBudgets, GeneratedDisk } from "./generated-disk.js";

/** Longest generated file, in bytes. */
export const GENERATED_MAX_BYTES = 64 * 1024 * 1024;
/** Files that are made at the same time. */
const MAX_MAKING = 4;
/** Rows removed in one transaction. */
const SLICE = 256;

/** Makes files that the tree shows. */
export interface GeneratedMaker {
  /** Stands in the catalogue, so it stays the same from one release to the next. */
  readonly name: string;
  /**
   * Makes the bytes of a version: at its first open, and whenever they are missing. Absent where they can't
   * be made from subject and recipe: such files are kept in the state folder, and none of them is evicted.
   *
   * @throws anything; the reader gets EIO, and the log the message.
   */
  make?(version: Pick<GeneratedRow, "subject" | "recipe">, signal: AbortSignal): Promise<Uint8Array>;
  /** For what is made before anybody sees it ({@link GeneratedFiles.prepare}): a folder of its own. */
  readonly place?: "covers";
}

/** A version whose bytes are made when somebody opens it. */
export interface DeclaredFile {
  /** What it is of; see {@link GeneratedRow}. */
  readonly subject: string;
  /** What it is made from: another recipe is another version. */
  readonly recipe: string;
  /** As many bytes as will be made. */
  readonly sizeBytes: number;
  /** Shown to the second. */
  readonly mtimeMs: number;
}

export interface GeneratedFilesOptions {
  readonly catalogue: Catalogue;
  readonly folders: GeneratedFolders;
  /** What was made first goes first. */
  readonly budgets: GeneratedBudgets;
  readonly log: Logger;
  /** Receives what changed in the tree, after each commit of its own. */
  readonly onChanges: (changes: readonly EntryChange[]) => void;
  /** @default {@link MAX_MAKING} */
  readonly maxMaking?: number;
}

/**
 * Files of the tree whose bytes MusicFS makes itself: covers, playlists, texts. Each is a node like any other,
 * with its exact size before the first open, served from a local file, by passthrough where that can be.
 *
 * Names are not its business: whoever has a file made puts its inode into the tree, and removes the names
 * before the file.
 */
export class GeneratedFiles {
  readonly #options: GeneratedFilesOptions;
  readonly #disk: GeneratedDisk;
  readonly #makers = new Map<string, GeneratedMaker>();
  readonly #making = new Map<number, Promise<void>>();
  readonly #waiting: (() => void)[] = [];
  readonly #ownMaxIno: number;
  #putting: Promise<unknown> = Promise.resolve();
  #running = 0;
  #changes: EntryChange[] = [];

  constructor(options: GeneratedFilesOptions) {
    const { catalogue, folders, budgets } = options;
    this.#options = options;
    this.#disk = new GeneratedDisk(folders, budgets, (place, path) =>
      catalogue.generated.hasPath(place, path),
    );
    this.#ownMaxIno = catalogue.generated.maxIno();
  }

  addMaker(maker: GeneratedMaker): void {
    this.#makers.set(maker.name, maker);
  }

  /**
   * Shows a version whose bytes are made at its first open; belongs in a transaction. The same subject keeps
   * its inode; with another recipe or size it gets a new revision, and its names are among the changes.
   *
   * @returns the inode.
   */
  declare(maker: string, file: DeclaredFile): number {
    const known = this.#options.catalogue.generated.bySubject(maker, file.subject);
    if (known && known.recipe === file.recipe && known.sizeBytes === file.sizeBytes) return known.ino;
    return this.#save(known, this.#version(known, maker, file, null));
  }

  /**
   * Sees that the bytes of files lie there, so that {@link declare} knows their sizes: those that an earlier call has
   * left, else what `make` gives. For makers with a folder of their own.
   *
   * @param make the bytes of all of them, in order.
   * @throws what `make` does, or the disk.
   */
  async prepare(
    maker: string,
    files: readonly Omit<DeclaredFile, "sizeBytes">[],
    make: () => Promise<readonly Uint8Array[]>,
  ): Promise<DeclaredFile[]> {
    const places = files.map((file) => this.#version(undefined, maker, { ...file, sizeBytes: 0 }, null));
    const sizes = await Promise.all(places.map((placed) => this.#disk.reuse(placed)));
    const made = sizes.includes(undefined) ? await make() : [];
    for (const [index, bytes] of made.entries()) {
      const placed = places[index];
      if (placed) await this.#disk.write(placed, bytes);
    }
    return files.map((file, index) => ({ ...file, sizeBytes: made[index]?.length ?? sizes[index] ?? 0 }));
  }

  /**
   * Shows these bytes under a subject. Bytes that it has already change nothing.
   *
   * @returns the inode, once the bytes are on the disk and the catalogue names them.
   */
  put(maker: string, subject: string, bytes: Uint8Array, mtimeMs: number): Promise<number> {
    const put = this.#putting.then(() => this.#put(maker, subject, bytes, mtimeMs));
    this.#putting = put.catch(() => undefined);
    return put;
  }

  /** Removes a file that has no names any more; belongs in a transaction. Its bytes go after it. */
  remove(ino: number): void {
    const row = this.#options.catalogue.generated.byIno(ino);
    if (!row) return;
    this.#options.catalogue.generated.remove(ino);
    this.#disk.removeLater(row);
  }

  /**
   * Makes the bytes of a file that were missing or damaged. Other bytes than those that were shown are
   * another version. The tree is right when this resolves.
   *
   * @returns whether `ino` is a generated file at all.
   * @throws ErrnoError EIO when it can't be made.
   */
  async refresh(ino: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#options.catalogue.generated.byIno(ino)) return false;
    const running = this.#making.get(ino) ?? this.#startMaking(ino, signal);
    await running;
    return true;
  }

  /** What changed since the last call by {@link declare}: to be told once the transaction is committed. */
  takeChanges(): EntryChange[] {
    const changes = this.#changes;
    this.#changes = [];
    return changes;
  }

  /** Removes what an earlier run left behind: files that no row names, and rows that no directory shows. */
  async sweep(signal: AbortSignal): Promise<void> {
    const { catalogue } = this.#options;
    for (;;) {
      signal.throwIfAborted();
      const rows = catalogue.generated.unnamed(this.#ownMaxIno, SLICE);
      if (rows.length === 0) break;
      catalogue.transaction(() => {
        for (const { ino } of rows) this.remove(ino);
      });
    }
    await this.#disk.sweep(signal);
  }

  async #put(maker: string, subject: string, bytes: Uint8Array, mtimeMs: number): Promise<number> {
    const { catalogue } = this.#options;
    const hash = hashOf(bytes);
    const known = catalogue.generated.bySubject(maker, subject);
    if (known?.hash === hash) return known.ino;
    const file = { subject, recipe: hash, sizeBytes: bytes.length, mtimeMs };
    const version = this.#version(known, maker, file, hash);
    await this.#disk.write(version, bytes);
    const ino = catalogue.transaction(() => {
      const current = catalogue.generated.bySubject(maker, subject);
      return current?.path === known?.path ? this.#save(known, version) : undefined;
    });
    this.#publish();
    if (ino !== undefined) return ino;
    // A reader had the old version made anew meanwhile.
    this.#disk.removeLater(version);
    return this.#put(maker, subject, bytes, mtimeMs);
  }

  #startMaking(ino: number, signal: AbortSignal): Promise<void> {
    const making = this.#inTurn(() => this.#make(ino, signal)).finally(() => this.#making.delete(ino));
    this.#making.set(ino, making);
    return making;
  }

  async #inTurn(work: () => Promise<void>): Promise<void> {
    while (this.#running >= (this.#options.maxMaking ?? MAX_MAKING)) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#running += 1;
    try {
      await work();
    } finally {
      this.#running -= 1;
      this.#waiting.shift()?.();
    }
  }

  async #make(ino: number, signal: AbortSignal): Promise<void> {
    const row = this.#options.catalogue.generated.byIno(ino);
    if (!row) return;
    try {
      const bytes = await this.#bytesOf(row, signal);
      await this.#keep(row, bytes);
    } catch (error) {
      if (signal.aborted) throw error;
      this.#options.log.warn(`cannot make ${row.maker} '${row.subject}': ${messageOf(error)}`);
      throw new ErrnoError("EIO", messageOf(error));
    }
    this.#publish();
  }

  async #bytesOf(row: GeneratedRow, signal: AbortSignal): Promise<Uint8Array> {
    const maker = this.#makers.get(row.maker);
    if (!maker?.make) throw new Error("it was made by something that is not there any more");
    const bytes = await maker.make(row, signal);
    if (bytes.length <= GENERATED_MAX_BYTES) return bytes;
    throw new Error(`it is longer than ${GENERATED_MAX_BYTES} bytes`);
  }

  async #keep(row: GeneratedRow, bytes: Uint8Array): Promise<void> {
    const { generated } = this.#options.catalogue;
    const hash = hashOf(bytes);
    const isAsShown = row.hash === null ? bytes.length === row.sizeBytes : row.hash === hash;
    const { subject, recipe } = row;
    const file = { subject, recipe, sizeBytes: bytes.length, mtimeMs: isAsShown ? row.mtimeMs : Date.now() };
    const version = isAsShown ? row : this.#version(row, row.maker, file, hash);
    await this.#disk.write(version, bytes);
    this.#options.catalogue.transaction(() => {
      // Another version was declared while this one was made: nobody opens this one any more.
      if (generated.byIno(row.ino)?.path !== row.path) this.#disk.removeLater(version);
      else if (isAsShown) generated.setHash(row.ino, hash);
      else this.#save(row, version);
    });
  }

  #version(
    known: GeneratedRow | undefined,
    maker: string,
    { subject, recipe, sizeBytes, mtimeMs }: DeclaredFile,
    hash: string | null,
  ): GeneratedVersion {
    const by = this.#makers.get(maker);
    const place = by?.place ?? (by?.make ? "cache" : "state");
    const revision = known ? known.revision + 1 : 0;
    // A cover is found again by what it was made from.
    const path =
      place === "covers" ? pathOf(maker, subject, recipe) : pathOf(maker, subject, recipe, revision);
    // Whole seconds are what every filesystem keeps exactly.
    const secondMs = Math.floor(mtimeMs / 1000) * 1000;
    return { maker, subject, recipe, place, path, hash, sizeBytes, mtimeMs: secondMs };
  }

  #save(known: GeneratedRow | undefined, version: GeneratedVersion): number {
    const { generated, tree } = this.#options.catalogue;
    if (!known) return generated.insert(version);
    generated.update(known.ino, version);
    if (known.path !== version.path) this.#disk.removeLater(known);
    for (const { parentIno, name } of tree.namesOf(known.ino)) this.#changes.push({ parentIno, name });
    return known.ino;
  }

  #publish(): void {
    const changes = this.takeChanges();
    if (changes.length > 0) this.#options.onChanges(changes);
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

// Another version is another file, so that nobody who still has the old one open sees the new one's bytes.
function pathOf(...parts: readonly (string | number)[]): string {
  const digest = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, 40);
  return `${digest.slice(0, 2)}/${digest.slice(2)}`;
}
