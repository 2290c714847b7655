import { BlobTable } from "musicfs/vfs";
import { dropContent } from "./invalidation.js";
import { nodeHigh, nodeLow } from "./node-id.js";
import type { OpenTable } from "./open-table.js";

/** A file may become whole a moment after its last reader closed it: it is looked at so often. */
const LOOKS = 2;

interface Closed {
  readonly ino: number;
  readonly revision: number;
  looks: number;
}

/**
 * Pages that the kernel keeps of files which were copied to it, and pass through when they are opened next: it never
 * reads them again, and would drop them at that open, while its caller waits. So they are dropped behind the readers,
 * which gives their memory back, too.
 */
export class IdlePages {
  readonly #fd: number;
  readonly #blobs: BlobTable;
  readonly #table: OpenTable;
  #closed: Closed[] = [];
  #dropping: Promise<void> = Promise.resolve();
  #isClosed = false;

  /** @param blobs the memory of the table of cached files. */
  constructor(fd: number, blobs: SharedArrayBuffer, table: OpenTable) {
    this.#fd = fd;
    this.#blobs = new BlobTable(blobs);
    this.#table = table;
  }

  /** The last reader of a file that was copied has closed it. */
  closed(ino: number, revision: number): void {
    this.#closed.push({ ino, revision, looks: 0 });
  }

  /** Drops the pages of files that are whole and still closed. To be called once a second. */
  sweep(): Promise<void> {
    const looked = this.#closed;
    this.#closed = [];
    for (const file of looked) {
      file.looks += 1;
      if (this.#isOpen(file)) continue;
      if (this.#isWhole(file)) this.#dropLater(file);
      else if (file.looks < LOOKS) this.#closed.push(file);
    }
    return this.#dropping;
  }

  /** Drops no more. Resolves when nothing is being written to the kernel. */
  close(): Promise<void> {
    this.#isClosed = true;
    return this.#dropping;
  }

  // One after the other, each on a thread of libuv's: it takes the kernel some milliseconds.
  #dropLater(file: Closed): void {
    this.#dropping = this.#dropping.then(async () => {
      if (!this.#isClosed && !this.#isOpen(file)) await dropContent(this.#fd, file.ino, file.revision);
    });
  }

  #isOpen({ ino, revision }: Closed): boolean {
    return this.#table.find(nodeLow(ino), nodeHigh(ino, revision)) >= 0;
  }

  #isWhole({ ino, revision }: Closed): boolean {
    const place = { slot: -1, ticket: 0 };
    return this.#blobs.find(ino, revision, place) && this.#blobs.isWhole(place.slot);
  }
}
