import type { DirectoryEntry, NodeAttributes, Vfs } from "musicfs/vfs";
import { type Ownership, putEntry } from "./attributes.js";
import type { Channel } from "./channel.js";
import type { Leadership } from "./leadership.js";
import { encodeName } from "./names.js";
import { inoOf } from "./node-id.js";
import { DIRENT_BYTES, ENTRY_OUT_BYTES, READ_IN } from "./protocol.js";

/** Cookies of `.` and `..`; those of entries follow, and none is used twice. */
const COOKIE = { dot: 1, dotDot: 2, entriesFrom: 2 } as const;
/** `d_type` of readdir(3). */
const DT = { directory: 4, file: 8, link: 10 } as const;
/** Length of names that the first page of rows is planned with; later ones by what was met. */
const TYPICAL_NAME_BYTES = 24;
/** Rows of the first page, which the leader lists by itself, as it does most directories; then of each. */
const SHORT_ROWS = 64;
const MAX_ROWS = 4096;

export interface DirectoryDependencies {
  readonly channel: Channel;
  readonly vfs: Vfs;
  readonly ownership: Ownership;
  readonly leadership: Leadership;
}

/** Answers READDIR and READDIRPLUS: as many entries as fit, read in pages of about as many rows. */
export class Directories {
  readonly #channel: Channel;
  readonly #vfs: Vfs;
  readonly #ownership: Ownership;
  readonly #leadership: Leadership;
  #nameBytes = TYPICAL_NAME_BYTES;

  constructor({ channel, vfs, ownership, leadership }: DirectoryDependencies) {
    this.#channel = channel;
    this.#vfs = vfs;
    this.#ownership = ownership;
    this.#leadership = leadership;
  }

  list(plus: boolean): void {
    const channel = this.#channel;
    const ino = inoOf(channel.nodeLow, channel.nodeHigh);
    const sizeBytes = Math.min(channel.request[READ_IN.size] as number, channel.dataBytes.length);
    let cookie = channel.requestNumber(READ_IN.offset);
    let at = 0;
    if (cookie < COOKIE.dot) {
      at = this.#putSelf(at, sizeBytes, ".", ino, COOKIE.dot, plus);
      cookie = COOKIE.dot;
    }
    if (cookie < COOKIE.dotDot) {
      at = this.#putSelf(at, sizeBytes, "..", this.#vfs.parentOf(ino), COOKIE.dotDot, plus);
      cookie = COOKIE.dotDot;
    }
    channel.reply(this.#putEntries(at, sizeBytes, ino, cookie - COOKIE.entriesFrom, plus));
  }

  #putEntries(start: number, sizeBytes: number, ino: number, after: number, plus: boolean): number {
    const smallest = recordBytes(1, plus);
    let most = SHORT_ROWS;
    let cookie = after;
    let at = start;
    while (at + smallest <= sizeBytes) {
      const limit = Math.min(most, Math.ceil((sizeBytes - at) / recordBytes(this.#nameBytes, plus)));
      const rows = this.#vfs.readdir(ino, cookie, limit);
      for (const row of rows) {
        this.#nameBytes += (row.name.length - this.#nameBytes) / 16;
        const end = this.#putRow(at, sizeBytes, row, plus);
        if (end === at) return at;
        at = end;
        cookie = row.cookie;
      }
      if (rows.length < limit) return at;
      this.#leadership.passOn();
      most = MAX_ROWS;
    }
    return at;
  }

  // `.` and `..` carry node id 0 in READDIRPLUS: the kernel makes no entries of them.
  #putSelf(at: number, sizeBytes: number, name: string, ino: number, cookie: number, plus: boolean): number {
    const direntAt = plus ? at + ENTRY_OUT_BYTES : at;
    const end = this.#putDirent(direntAt, sizeBytes, name, ino, cookie, DT.directory);
    if (end < 0) return at;
    if (plus) this.#channel.data.fill(0, at >> 2, direntAt >> 2);
    return end;
  }

  #putRow(at: number, sizeBytes: number, row: DirectoryEntry, plus: boolean): number {
    const direntAt = plus ? at + ENTRY_OUT_BYTES : at;
    const end = this.#putDirent(
      direntAt,
      sizeBytes,
      row.name,
      row.ino,
      row.cookie + COOKIE.entriesFrom,
      DT[row.kind],
    );
    if (end < 0) return at;
    if (plus) putEntry(this.#channel, at >> 2, row satisfies NodeAttributes, this.#ownership);
    return end;
  }

  /** @returns where the next record begins, or -1 when this one does not fit. */
  #putDirent(at: number, sizeBytes: number, name: string, ino: number, cookie: number, type: number): number {
    const nameAt = at + DIRENT_BYTES;
    const lengthBytes = encodeName(name, this.#channel.dataBytes, nameAt, sizeBytes);
    if (lengthBytes < 0) return -1;
    const end = align(nameAt + lengthBytes);
    if (end > sizeBytes) return -1;
    this.#channel.dataBytes.fill(0, nameAt + lengthBytes, end);
    const word = at >> 2;
    this.#channel.putNumber(word, ino);
    this.#channel.putNumber(word + 2, cookie);
    this.#channel.data[word + 4] = lengthBytes;
    this.#channel.data[word + 5] = type;
    return end;
  }
}

function recordBytes(nameBytes: number, plus: boolean): number {
  return align(DIRENT_BYTES + Math.ceil(nameBytes)) + (plus ? ENTRY_OUT_BYTES : 0);
}

function align(bytes: number): number {
  return (bytes + 7) & ~7;
}
