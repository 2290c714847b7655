import type { BlobPlace, BlobTable } from "musicfs/vfs";
import type { Channel } from "./channel.js";
import type { Copier } from "./copier.js";
import type { WorkerMessage } from "./messages.js";
import { inoOf, revisionOf } from "./node-id.js";
import { type Leftover, OPEN_MODE, type OpenTable } from "./open-table.js";
import type { Passthrough } from "./passthrough.js";
import { COUNTER } from "./shared-state.js";
import type { StatBuffer } from "./stat-buffer.js";

/** When less than this is there behind a read, the main thread is told, so that it fetches ahead. */
const AHEAD_BYTES = 2 * 1024 * 1024;

export interface CachedFileDependencies {
  readonly blobs: BlobTable;
  readonly channel: Channel;
  readonly copier: Copier;
  readonly table: OpenTable;
  readonly passthrough: Passthrough;
  readonly stat: StatBuffer;
  readonly counters: Float64Array;
  readonly post: (message: WorkerMessage) => void;
}

/** Opens and reads files of the content store, as far as the table of cached files has them. */
export class CachedFiles {
  readonly #use: CachedFileDependencies;
  readonly #place: BlobPlace = { slot: -1, ticket: 0 };
  readonly #leftover: Leftover = { fd: -1, backingId: 0 };

  constructor(dependencies: CachedFileDependencies) {
    this.#use = dependencies;
  }

  /** Enters the inode of the request among those that are open. @returns its slot, or -1 when there is no room. */
  enter(sizeBytes: number): number {
    const passed = this.#enterPassthrough(sizeBytes);
    return passed >= 0 ? passed : this.#enter(OPEN_MODE.cached, 0, sizeBytes);
  }

  /** Whether an inode that the kernel reads by itself is still what is in the store, and as it was left. */
  isAsOpened(): boolean {
    return this.#findWhole();
  }

  /** Whether an inode's blob is the whole file, though the kernel does not read it by itself. */
  get isWhole(): boolean {
    return this.#find() && this.#use.blobs.isWhole(this.#place.slot);
  }

  /** Answers a read. @returns whether it could; else the main thread has to. */
  read(offsetBytes: number, lengthBytes: number): boolean {
    const { blobs, channel, copier, counters } = this.#use;
    const place = this.#place;
    if (!this.#find()) return false;
    const isInMemory = copier.take(lengthBytes, (target) =>
      blobs.pieces.read(place.ticket, offsetBytes, target),
    );
    if (!isInMemory && !this.#readFile(offsetBytes, lengthBytes)) return false;
    blobs.countRead(place.slot, lengthBytes);
    counters[COUNTER.copiedBytes] = (counters[COUNTER.copiedBytes] as number) + lengthBytes;
    channel.reply(lengthBytes);
    this.#tellAhead(offsetBytes, lengthBytes);
    return true;
  }

  #readFile(offsetBytes: number, lengthBytes: number): boolean {
    const { blobs, copier } = this.#use;
    const place = this.#place;
    if (!blobs.holds(place.slot, offsetBytes, lengthBytes)) return false;
    if (!copier.fill(blobs.fd(place.slot), offsetBytes, lengthBytes)) return false;
    return this.#isAsLeft() && blobs.isCurrent(place);
  }

  // The blob may be taken away at any moment. Before the inode is entered it is asked whether the descriptor was
  // still the blob's; after that, whether whoever takes it away can have missed the entry.
  #enterPassthrough(sizeBytes: number): number {
    const { blobs, passthrough, table } = this.#use;
    if (!this.#findWhole()) return -1;
    const backingId = passthrough.open(blobs.fd(this.#place.slot));
    if (backingId === 0) return -1;
    if (!blobs.isCurrent(this.#place)) {
      passthrough.close(backingId);
      return -1;
    }
    const slot = this.#enter(OPEN_MODE.passthrough, backingId, sizeBytes);
    if (slot < 0 || table.backingId(slot) !== backingId) passthrough.close(backingId);
    if (slot < 0) return -1;
    if (blobs.isCurrent(this.#place)) {
      blobs.countRead(this.#place.slot, sizeBytes);
      return slot;
    }
    if (table.release(slot, false, this.#leftover)) passthrough.close(this.#leftover.backingId);
    return -1;
  }

  #enter(mode: number, backingId: number, sizeBytes: number): number {
    const { channel, table } = this.#use;
    const none = { fd: -1, mtimeMs: 0, changeSeconds: 0, changeNanoseconds: 0 };
    return table.enter(channel.nodeLow, channel.nodeHigh, { ...none, mode, backingId, sizeBytes });
  }

  #findWhole(): boolean {
    return this.#find() && this.#use.blobs.isWhole(this.#place.slot) && this.#isAsLeft();
  }

  #find(): boolean {
    const { blobs, channel } = this.#use;
    const { nodeLow, nodeHigh } = channel;
    return blobs.find(inoOf(nodeLow, nodeHigh), revisionOf(nodeHigh), this.#place);
  }

  // A change that is not ours, on the disk: the main thread looks at what it did.
  #isAsLeft(): boolean {
    const { blobs, stat } = this.#use;
    const { slot } = this.#place;
    if (stat.load(blobs.fd(slot)) < 0) return false;
    return blobs.isAsLeft(slot, stat.changeSeconds, stat.changeNanoseconds);
  }

  #tellAhead(offsetBytes: number, lengthBytes: number): void {
    const { blobs, channel, table, post } = this.#use;
    const { nodeLow, nodeHigh } = channel;
    if (blobs.isWhole(this.#place.slot)) return;
    const end = offsetBytes + lengthBytes;
    const left = table.sizeBytes(table.find(nodeLow, nodeHigh)) - end;
    if (!(left > 0) || this.#hasAhead(end, Math.min(AHEAD_BYTES, left))) return;
    const [ino, revision] = [inoOf(nodeLow, nodeHigh), revisionOf(nodeHigh)];
    post({ kind: "ahead", ino, revision, offsetBytes, lengthBytes });
  }

  // What is on its way to the file is looked for at its end only: it was fetched in order.
  #hasAhead(offsetBytes: number, lengthBytes: number): boolean {
    const { blobs } = this.#use;
    const { slot, ticket } = this.#place;
    return (
      blobs.pieces.has(ticket, offsetBytes + lengthBytes - 1) || blobs.holds(slot, offsetBytes, lengthBytes)
    );
  }
}
