import { statSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "../logger.js";
import { makePrivateFolder } from "../private-folder.js";
import { checkFormat } from "./format.js";
import { openStoreIndex, removeIndex, type StoreIndex } from "./store-index.js";

export interface IndexFileOptions {
  /** Where the store lies; made when it is missing. */
  readonly folder: string;
  readonly blobsFolder: string;
  /** Names the library whose files are kept; see {@link checkFormat}. */
  readonly library: string;
  readonly log: Logger;
  /** An index was opened, the first one or one in its place. */
  opened(index: StoreIndex): void;
}

/** How long the size of the index is taken for true, in milliseconds: it counts into the limit, and its log grows by megabytes a second. */
const SIZE_FOR_MS = 20;

/** The store's index on the disk: opened at the start, and anew where its folder was taken away or it is damaged. */
export class IndexFile {
  readonly #options: IndexFileOptions;
  #current: StoreIndex;
  #inode: number;
  #bytes = 0;
  #lookedMs = Number.NEGATIVE_INFINITY;

  /** @throws `MFS_STORE_NEWER`, `MFS_STORE_FOREIGN` or `MFS_FOLDER_UNUSABLE`; nothing is changed then. */
  constructor(options: IndexFileOptions) {
    this.#options = options;
    this.#current = this.#open();
    this.#inode = statSync(this.#current.path).ino;
  }

  get current(): StoreIndex {
    return this.#current;
  }

  /** Bytes that it takes of the disk, with its log. */
  get bytes(): number {
    const nowMs = performance.now();
    if (nowMs - this.#lookedMs > SIZE_FOR_MS) {
      this.#lookedMs = nowMs;
      this.#bytes = this.#current.sizeBytes();
    }
    return this.#bytes;
  }

  /** Whether somebody removed the cache's folder, or put something else in its place. A disk that does not say is not gone. */
  get isGone(): boolean {
    try {
      return statSync(this.#current.path).ino !== this.#inode;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code === "ENOENT" || code === "ENOTDIR";
    }
  }

  /** Opens what is there now, or a new one. @throws as the constructor does; the one before stays {@link current} then. */
  openAnew(isDamaged: boolean): void {
    const before = this.#current;
    if (isDamaged) removeIndex(before.path);
    // Closed last: until there is another one, whoever asks for figures has those of before. SQLite removes no log of a
    // database that is no longer at its path.
    this.#current = this.#open();
    this.#inode = statSync(this.#current.path).ino;
    this.#lookedMs = Number.NEGATIVE_INFINITY;
    before.close();
  }

  #open(): StoreIndex {
    const { folder, blobsFolder, library, log, opened } = this.#options;
    checkFormat(folder, library);
    makePrivateFolder(blobsFolder);
    const index = openStoreIndex(join(folder, "index.sqlite"), (reason) =>
      log.warn(`the cache's index in ${folder} could not be used, so the cache starts empty: ${reason}`),
    );
    opened(index);
    return index;
  }
}
