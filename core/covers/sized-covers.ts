import { createHash } from "node:crypto";
import type { Catalogue } from "../catalogue/catalogue.js";
import { ErrnoError } from "../errno.js";
import { messageOf } from "../errors.js";
import type { DeclaredFile, GeneratedFiles } from "../generated/generated-files.js";
import type { ReadRange } from "../library/companions/cover-maker.js";
import type { Library } from "../library/library.js";
import type { Logger } from "../logger.js";
import type { EntryChange, NodeAttributes } from "../model/entry.js";
import { settledBy } from "../settled-by.js";
import { COVERS_NAME } from "./cover-folders.js";
import { type CoverSource, coverSourceIn, readCover, UnusablePictureError } from "./cover-source.js";
import { Resizer, ResizerLackingError } from "./resizer.js";

const MAKER = "cover-size";
/** Changes whenever the same picture would give other bytes. */
const VERSION = 1;
/** Directories whose covers are made at the same time, or wait for it; more are refused. */
const MAX_MAKING = 64;
/** Pictures that are known to be unusable. */
const MAX_UNUSABLE = 1000;

export interface SizedCoversOptions {
  readonly catalogue: Catalogue;
  readonly library: Library;
  readonly generated: GeneratedFiles;
  readonly readRange: ReadRange;
  /** Longest sides in pixels, ascending; at least one. */
  readonly sizes: readonly number[];
  readonly log: Logger;
  readonly signal: AbortSignal;
}

/** `<directory>/.covers/<size>/cover.jpg`: the cover of a directory in other sizes, made when `.covers` is looked up. */
export class SizedCovers {
  readonly #options: SizedCoversOptions;
  readonly #resizer = new Resizer();
  readonly #making = new Map<number, Promise<number | undefined>>();
  readonly #unusable = new Set<string>();
  readonly #stale = new Set<number>();
  #isLacking = false;

  /** To be made before the library's first scan. */
  constructor(options: SizedCoversOptions) {
    this.#options = options;
    const { generated, library } = options;
    generated.addMaker({
      name: MAKER,
      place: "covers",
      make: ({ subject, recipe }, signal) => this.#makeAgain(subject, recipe, signal),
    });
    library.edit(() => library.coverFolders.removeEarlier());
  }

  /**
   * Finds or makes the `.covers` of a directory; see `LateAnswers.lookup`.
   *
   * @throws ErrnoError EINTR when `signal` aborts, EBUSY when too many wait, EIO when the cover cannot be read.
   */
  async lookup(parentIno: number, name: string, signal: AbortSignal): Promise<NodeAttributes | undefined> {
    if (name !== COVERS_NAME || this.#isLacking) return undefined;
    const { catalogue, library } = this.#options;
    const making =
      library.coverFolders.inoOf(parentIno) ?? this.#making.get(parentIno) ?? this.#begin(parentIno);
    try {
      const ino = await settledBy(Promise.resolve(making), signal);
      return ino === undefined ? undefined : catalogue.reader.getattr(ino);
    } catch (error) {
      throw signal.aborted ? new ErrnoError("EINTR") : error;
    }
  }

  /** Told what changed in the tree: a cover that is another one now has other sizes. */
  changed(changes: readonly EntryChange[]): void {
    const { coverFolders } = this.#options.library;
    for (const { parentIno, name } of changes) {
      const isCover = name.startsWith("cover.") && coverFolders.inoOf(parentIno) !== undefined;
      if (isCover && this.#stale.size === 0) setImmediate(() => this.#removeStale());
      if (isCover) this.#stale.add(parentIno);
    }
  }

  close(): void {
    this.#resizer.close();
  }

  #removeStale(): void {
    const { library, signal } = this.#options;
    const stale = [...this.#stale];
    this.#stale.clear();
    if (signal.aborted) return;
    library.edit(() => {
      for (const ino of stale) library.coverFolders.remove(ino);
    });
  }

  #begin(directoryIno: number): Promise<number | undefined> {
    if (this.#making.size >= MAX_MAKING) throw new ErrnoError("EBUSY");
    const making = this.#make(directoryIno).finally(() => this.#making.delete(directoryIno));
    making.catch(() => undefined);
    this.#making.set(directoryIno, making);
    return making;
  }

  async #make(directoryIno: number): Promise<number | undefined> {
    const source = coverSourceIn(this.#options.catalogue, directoryIno);
    if (!source || this.#unusable.has(source.recipe)) return undefined;
    try {
      const files = await this.#prepared(source);
      return this.#show(directoryIno, source, files);
    } catch (error) {
      return this.#failed(source, error);
    }
  }

  #prepared(source: CoverSource): Promise<DeclaredFile[]> {
    const { generated, sizes, signal } = this.#options;
    const files = sizes.map((size) => ({
      subject: `${source.fileId}/${size}/${hashOf(source.recipe)}`,
      recipe: JSON.stringify({ version: VERSION, sizes, source }),
      mtimeMs: source.mtimeMs,
    }));
    return generated.prepare(MAKER, files, () => this.#resized(source, sizes, signal));
  }

  // Nothing is shown of a cover that became another one meanwhile.
  #show(directoryIno: number, source: CoverSource, files: readonly DeclaredFile[]): number | undefined {
    const { catalogue, library, generated, sizes } = this.#options;
    return library.edit(() => {
      if (coverSourceIn(catalogue, directoryIno)?.recipe !== source.recipe) return undefined;
      const inos = files.map((file) => generated.declare(MAKER, file));
      return library.coverFolders.show(directoryIno, new Map(sizes.map((size, at) => [size, inos[at] ?? 0])));
    });
  }

  async #resized(
    source: Pick<CoverSource, "fileId" | "recipe">,
    sizes: readonly number[],
    signal: AbortSignal,
  ): Promise<readonly Uint8Array[]> {
    const { catalogue, readRange } = this.#options;
    const bytes = await readCover(catalogue, source, readRange, signal);
    return this.#resizer.resize(bytes, sizes);
  }

  // One that was removed from the disk while it was shown.
  async #makeAgain(subject: string, recipe: string, signal: AbortSignal): Promise<Uint8Array> {
    const size = Number(subject.split("/")[1]);
    const { sizes, source } = JSON.parse(recipe) as { sizes: number[]; source: CoverSource };
    const bytes = (await this.#resized(source, sizes, signal))[sizes.indexOf(size)];
    if (!bytes) throw new Error("it has no such size any more");
    return bytes;
  }

  #failed(source: CoverSource, error: unknown): undefined {
    const { log } = this.#options;
    if (error instanceof ResizerLackingError) {
      this.#isLacking = true;
      log.warn(
        `covers have no other sizes, since the package 'sharp' cannot be loaded (${error.message}); ` +
          `type: npm install sharp, or set covers.sizes to []`,
      );
    } else if (error instanceof UnusablePictureError) {
      if (this.#unusable.size >= MAX_UNUSABLE) this.#unusable.clear();
      this.#unusable.add(source.recipe);
      log.warn(`a cover has no other sizes: ${error.message}`);
    } else {
      throw new ErrnoError("EIO", messageOf(error));
    }
    return undefined;
  }
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}
