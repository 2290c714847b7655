import { Blob, type BlobLink } from "./blob.js";
import { type BlobFiles, closeFile, sizeOfFile } from "./blob-files.js";
import type { BlobPublisher } from "./blob-table.js";
import { DirectWrites } from "./blob-writer.js";
import { Manifest } from "./manifest.js";
import type { BlobRow, StoreIndex } from "./store-index.js";

export interface OpenBlobsOptions {
  readonly files: BlobFiles;
  readonly table: BlobPublisher;
  /** The index as it is now: it may be made anew. */
  index(): StoreIndex;
  /** Whether the kernel reads an inode's blob by itself at this moment. */
  isPassedThrough(ino: number, revision: number): boolean;
  /** A blob is whole and not cut. */
  cutLater(id: number): void;
  /** The file of a blob is gone or torn: it is to be forgotten. */
  torn(id: number): Promise<unknown>;
  failed(error: unknown): void;
}

/** Blobs that are open at once, each with a descriptor. */
const MAX_OPEN = 512;
/** A descriptor is closed this long after its blob was taken away from the workers, which may be about to use it. */
const CLOSE_AFTER_MS = 2_000;

/** The blobs that are open: opens them when they are asked for, and closes those that were used least lately. */
export class OpenBlobs {
  readonly #options: OpenBlobsOptions;
  readonly #open = new Map<number, Blob>();
  readonly #opening = new Map<number, Promise<Blob | undefined>>();
  readonly #closing = new Set<NodeJS.Timeout>();
  readonly #disk = new DirectWrites();

  constructor(options: OpenBlobsOptions) {
    this.#options = options;
  }

  get(id: number): Blob | undefined {
    return this.#open.get(id);
  }

  values(): Iterable<Blob> {
    return this.#open.values();
  }

  /** Whether a blob is being opened or made at this moment. */
  isOpening(id: number): boolean {
    return this.#opening.has(id);
  }

  /** Opens a blob, unless it is. @returns `undefined` when its file is gone or torn. {@link release} it after use. */
  async acquire(id: number): Promise<Blob | undefined> {
    const blob =
      this.#open.get(id) ?? (await (this.#opening.get(id) ?? this.#begin(id, this.#openExisting(id))));
    if (!blob || blob.isGone) return undefined;
    blob.users += 1;
    return blob;
  }

  /** Takes a blob in that `make` makes the file of. {@link release} it after use. @throws what `make` threw. */
  async acquireNew(
    id: number,
    make: () => Promise<{ row: BlobRow; fd: number } | undefined>,
  ): Promise<Blob | undefined> {
    const making = async (): Promise<Blob | undefined> => {
      const made = await make();
      return made && this.#keep(made.row, made.fd);
    };
    const blob = await this.#begin(id, making());
    if (blob) blob.users += 1;
    return blob;
  }

  release(blob: Blob): void {
    blob.users -= 1;
    blob.usedMs = Date.now();
    if (this.#open.size > MAX_OPEN) this.#closeLeastUsed();
  }

  /**
   * Takes a blob away from everybody, for good. Its descriptor is the caller's, for {@link closeLater}.
   *
   * @returns `false` when the kernel reads it by itself, so that it must stay.
   */
  takeOut(blob: Blob): boolean {
    if (!this.#takeAway(blob)) return false;
    this.#open.delete(blob.id);
    return true;
  }

  /** Closes a descriptor once no worker can be about to use it. */
  closeLater(fd: number): void {
    const timer = setTimeout(() => {
      this.#closing.delete(timer);
      void closeFile(fd).catch(() => undefined);
    }, CLOSE_AFTER_MS);
    this.#closing.add(timer);
  }

  /** Whether the kernel reads a blob by itself. */
  isPassedThrough(blob: Blob): boolean {
    return this.#arePassedThrough(blob.links);
  }

  /** Takes all away, also what the kernel reads by itself: the files stay as they are. @returns them. */
  abandon(): Blob[] {
    const blobs = [...this.#open.values()];
    for (const blob of blobs) {
      blob.retract();
      blob.isGone = true;
      this.closeLater(blob.fd);
    }
    this.#open.clear();
    return blobs;
  }

  /** Closes all at once: no worker is left. */
  async close(): Promise<void> {
    for (const timer of this.#closing) clearTimeout(timer);
    for (const blob of this.#open.values()) {
      blob.retract();
      blob.isGone = true;
      await closeFile(blob.fd).catch(() => undefined);
    }
  }

  #begin(id: number, opening: Promise<Blob | undefined>): Promise<Blob | undefined> {
    const ended = opening.finally(() => this.#opening.delete(id));
    this.#opening.set(id, ended);
    ended.catch(() => undefined);
    return ended;
  }

  async #openExisting(id: number): Promise<Blob | undefined> {
    const { files, index, cutLater, torn, failed } = this.#options;
    const row = index().blob(id);
    if (!row) return undefined;
    let fd: number | undefined;
    try {
      fd = await files.open(id);
      const isCutWrongly = row.manifest && new Manifest(row.manifest).sizeBytes !== row.sizeBytes;
      if (isCutWrongly || (await sizeOfFile(fd)) !== row.sizeBytes)
        throw Object.assign(new Error("torn"), { code: "ENOENT" });
      const blob = this.#keep(row, fd);
      if (blob.manifest) blob.republish(blob.setBorrowed(index().chunks.borrowedOf(id, blob.manifest)));
      else if (blob.isWhole) cutLater(id);
      return blob;
    } catch (error) {
      if (fd !== undefined) await closeFile(fd);
      const { code } = error as NodeJS.ErrnoException;
      if (code === "ENOENT" || code === "ELOOP") await torn(id);
      else failed(error);
      return undefined;
    }
  }

  #keep(row: BlobRow, fd: number): Blob {
    const blob = new Blob(row, fd, this.#options.table, this.#disk, Date.now());
    this.#open.set(blob.id, blob);
    if (this.#open.size > MAX_OPEN) this.#closeLeastUsed();
    return blob;
  }

  // A blob that the kernel reads by itself cannot be taken away. Asked after the workers were told, so that none
  // of them can let the kernel have it in between.
  #takeAway(blob: Blob): boolean {
    const { links } = blob;
    blob.retract();
    if (this.#arePassedThrough(links)) {
      blob.republish(links);
      return false;
    }
    blob.isGone = true;
    return true;
  }

  #arePassedThrough(links: readonly BlobLink[]): boolean {
    return links.some(({ ino, revision }) => this.#options.isPassedThrough(ino, revision));
  }

  #closeLeastUsed(): void {
    let oldest: Blob | undefined;
    for (const blob of this.#open.values()) {
      if (blob.users > 0 || blob.isDirty) continue;
      if (!oldest || blob.usedMs < oldest.usedMs) oldest = blob;
    }
    if (oldest && this.takeOut(oldest)) this.closeLater(oldest.fd);
  }
}
