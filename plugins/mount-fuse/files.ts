import { closeSync } from "node:fs";
import { type OpenedFile, ROOT_INO, type Vfs } from "musicfs/vfs";
import type { AccessTable } from "./access-table.js";
import type { CachedFiles } from "./cached-files.js";
import type { Channel } from "./channel.js";
import type { Copier } from "./copier.js";
import type { Leadership } from "./leadership.js";
import type { WorkerMessage } from "./messages.js";
import { inoOf, revisionOf } from "./node-id.js";
import { type Leftover, OPEN_MODE, type OpenTable } from "./open-table.js";
import type { Passthrough } from "./passthrough.js";
import { FOPEN, MAX_READ_BYTES, OPEN_IN, OPEN_OUT_BYTES, READ_IN, RELEASE_IN } from "./protocol.js";
import { COUNTER } from "./shared-state.js";
import type { StatBuffer } from "./stat-buffer.js";
import { SYSTEM_ERRNO, type Syscalls } from "./syscalls.js";

const O_ACCMODE = 3;
const O_TRUNC = 0o1000;

export interface FileDependencies {
  readonly channel: Channel;
  readonly syscalls: Syscalls;
  readonly vfs: Vfs;
  readonly leadership: Leadership;
  readonly copier: Copier;
  /** Absent when no file is read through the content store. */
  readonly cached: CachedFiles | undefined;
  readonly table: OpenTable;
  readonly accesses: AccessTable;
  readonly passthrough: Passthrough;
  readonly stat: StatBuffer;
  readonly counters: Float64Array;
  /** Whether a file that is opened past the kernel's cache can be mapped into memory all the same. */
  readonly mayBeDirect: () => boolean;
  /** From this number on, descriptors of files that pass through are closed: too many are open. */
  readonly fdBudget: number;
  readonly post: (message: WorkerMessage) => void;
}

/** Answers OPEN, READ and RELEASE. */
export class Files {
  readonly #use: FileDependencies;
  readonly #leftover: Leftover = { fd: -1, backingId: 0 };

  constructor(dependencies: FileDependencies) {
    this.#use = dependencies;
  }

  open(): void {
    const { channel, table } = this.#use;
    const flags = channel.request[OPEN_IN.flags] as number;
    if ((flags & O_ACCMODE) !== 0 || (flags & O_TRUNC) !== 0) {
      channel.replyError(SYSTEM_ERRNO.EROFS);
      return;
    }
    const slot = table.acquire(channel.nodeLow, channel.nodeHigh);
    if (slot < 0) this.#openFirst();
    else this.#openAgain(slot);
  }

  read(): void {
    const { channel, table } = this.#use;
    const slot = channel.request[READ_IN.handle] as number;
    const offsetBytes = channel.requestNumber(READ_IN.offset);
    const sizeBytes = Math.min(channel.request[READ_IN.size] as number, MAX_READ_BYTES);
    if (!table.isOpen(slot)) {
      channel.replyError(SYSTEM_ERRNO.EBADF);
      return;
    }
    const mode = table.mode(slot);
    const lengthBytes = Math.max(0, Math.min(sizeBytes, table.sizeBytes(slot) - offsetBytes));
    this.#use.accesses.copied(channel.request[READ_IN.access] as number, lengthBytes);
    if (mode === OPEN_MODE.live) this.#handOverRead(offsetBytes, sizeBytes);
    else if (lengthBytes === 0) channel.reply(0);
    else if (mode === OPEN_MODE.copy) this.#copy(slot, offsetBytes, lengthBytes);
    else if (mode !== OPEN_MODE.cached || !this.#use.cached?.read(offsetBytes, lengthBytes))
      this.#handOverRead(offsetBytes, lengthBytes);
  }

  release(): void {
    const { channel, table } = this.#use;
    channel.reply(0);
    this.#use.accesses.end(channel.request[RELEASE_IN.access] as number);
    const slot = channel.request[RELEASE_IN.handle] as number;
    const wasCopied = table.isOpen(slot) && table.mode(slot) === OPEN_MODE.cached;
    if (this.#dismiss(slot, true) && wasCopied) this.#tellClosed();
  }

  #openFirst(): void {
    const { channel, table } = this.#use;
    const opened = this.#openContent();
    if (opened.kind === "changed") {
      this.#handOverOpen();
      return;
    }
    const slot = opened.kind === "local" ? this.#enterLocal(opened) : this.#enterRemote(opened);
    if (slot < 0) channel.replyError(SYSTEM_ERRNO.EMFILE);
    else this.#replyOpened(slot, table.mode(slot));
  }

  // A file that is open already may have been changed or replaced on the disk since, and the catalogue not
  // know yet. The disk is asked for the file's numbers, and only if they moved, the VFS for its judgement.
  #openAgain(slot: number): void {
    const { table } = this.#use;
    const mode = table.mode(slot);
    if (
      mode === OPEN_MODE.late ||
      mode === OPEN_MODE.live ||
      mode === OPEN_MODE.cached ||
      this.#isUntouched(slot)
    ) {
      this.#replyOpened(slot, mode);
      return;
    }
    let isSame = false;
    try {
      const opened = this.#openContent();
      if (opened.kind === "local") isSame = table.fd(slot) < 0 || this.#hasSameContent(slot);
      else if (opened.kind === "cached") isSame = this.#use.cached?.isAsOpened() ?? false;
      if (opened.kind === "local") closeSync(opened.fd);
    } finally {
      if (!isSame) this.#dismiss(slot, false);
    }
    if (isSame) this.#replyOpened(slot, mode);
    else this.#handOverOpen();
  }

  // What is gone or has a new revision is answered with ESTALE, upon which the kernel looks the name up again.
  #openContent(): OpenedFile {
    const { channel, vfs, leadership } = this.#use;
    const { nodeLow, nodeHigh } = channel;
    leadership.passOn();
    const ino = inoOf(nodeLow, nodeHigh);
    try {
      return vfs.open(ino, revisionOf(nodeHigh));
    } catch (error) {
      const isGone = (error as NodeJS.ErrnoException).code === "ENOENT" && ino !== ROOT_INO;
      throw isGone ? Object.assign(new Error("gone"), { code: "ESTALE" }) : error;
    }
  }

  #enterRemote(opened: OpenedFile & { kind: "cached" | "late" | "live" }): number {
    const { channel, table, cached } = this.#use;
    if (opened.kind === "cached" && cached) return cached.enter(opened.sizeBytes);
    const sizeBytes = opened.kind === "live" ? 0 : opened.sizeBytes;
    return table.enter(channel.nodeLow, channel.nodeHigh, {
      mode: opened.kind === "live" ? OPEN_MODE.live : OPEN_MODE.late,
      fd: -1,
      backingId: 0,
      sizeBytes,
      mtimeMs: 0,
      changeSeconds: 0,
      changeNanoseconds: 0,
    });
  }

  #enterLocal(opened: OpenedFile & { kind: "local" }): number {
    const { channel, table, passthrough, stat } = this.#use;
    const { fd, sizeBytes } = opened;
    if (stat.load(fd) < 0) {
      closeSync(fd);
      return -1;
    }
    const backingId = passthrough.open(fd);
    const slot = table.enter(channel.nodeLow, channel.nodeHigh, {
      mode: backingId > 0 ? OPEN_MODE.passthrough : OPEN_MODE.copy,
      fd,
      backingId,
      sizeBytes,
      mtimeMs: stat.mtimeMs,
      changeSeconds: stat.changeSeconds,
      changeNanoseconds: stat.changeNanoseconds,
    });
    if (slot < 0 || table.fd(slot) !== fd) {
      passthrough.close(backingId);
      closeSync(fd);
    } else if (backingId > 0 && fd >= this.#use.fdBudget) {
      // The kernel holds the file by itself.
      table.forgetFd(slot);
      closeSync(fd);
    }
    return slot;
  }

  #replyOpened(slot: number, mode: number): void {
    const { channel, table, accesses, counters } = this.#use;
    const passes = mode === OPEN_MODE.passthrough;
    // The kernel's file handle: the inode's place in the one table, and this open's in the other.
    const access = accesses.begin(channel.nodeLow, channel.nodeHigh, channel.pid);
    channel.data[0] = slot;
    channel.data[1] = access;
    channel.data[2] = passes ? FOPEN.passthrough : this.#isDirect(mode) ? FOPEN.directIo : FOPEN.keepCache;
    channel.data[3] = passes ? table.backingId(slot) : 0;
    if (passes) {
      counters[COUNTER.passthroughOpens] = (counters[COUNTER.passthroughOpens] as number) + 1;
      counters[COUNTER.passthroughBytes] =
        (counters[COUNTER.passthroughBytes] as number) + table.sizeBytes(slot);
    }
    // Nobody waits any more: the kernel will not release what it never got.
    if (channel.reply(OPEN_OUT_BYTES) >= 0) return;
    accesses.end(access);
    this.#dismiss(slot, true);
  }

  // What is being fetched is read once, and passes through later: in the kernel's cache it would be copied once more, into pages
  // that nobody asks for again. A file that is whole and yet does not pass through is worth keeping there.
  #isDirect(mode: number): boolean {
    if (mode === OPEN_MODE.live) return true;
    return mode === OPEN_MODE.cached && this.#use.mayBeDirect() && this.#use.cached?.isWhole === false;
  }

  /** @returns whether an inode left the table. */
  #dismiss(slot: number, keep: boolean): boolean {
    const { table, passthrough, syscalls } = this.#use;
    if (!table.release(slot, keep, this.#leftover)) return false;
    passthrough.close(this.#leftover.backingId);
    if (this.#leftover.fd >= 0) syscalls.close(this.#leftover.fd);
    return true;
  }

  #tellClosed(): void {
    const { channel, passthrough, post } = this.#use;
    if (!passthrough.isPossible) return;
    const { nodeLow, nodeHigh } = channel;
    post({ kind: "closed", ino: inoOf(nodeLow, nodeHigh), revision: revisionOf(nodeHigh) });
  }

  // Fewer bytes than the open promised, or bytes of a file that changed since, are an error and never data.
  #copy(slot: number, offsetBytes: number, lengthBytes: number): void {
    const { channel, copier, table, counters } = this.#use;
    if (!copier.fill(table.fd(slot), offsetBytes, lengthBytes) || !this.#hasSameContent(slot)) {
      channel.replyError(SYSTEM_ERRNO.EIO);
      return;
    }
    counters[COUNTER.copiedBytes] = (counters[COUNTER.copiedBytes] as number) + lengthBytes;
    channel.reply(lengthBytes);
  }

  #isUntouched(slot: number): boolean {
    const { table, stat } = this.#use;
    const fd = table.fd(slot);
    return (
      fd >= 0 &&
      stat.load(fd) >= 0 &&
      stat.changeSeconds === table.changeSeconds(slot) &&
      stat.changeNanoseconds === table.changeNanoseconds(slot)
    );
  }

  // A chmod or a rename touches the inode on the disk and leaves the content as it was.
  #hasSameContent(slot: number): boolean {
    const { table, stat } = this.#use;
    if (this.#isUntouched(slot)) return true;
    if (stat.sizeBytes !== table.sizeBytes(slot) || stat.mtimeMs !== table.mtimeMs(slot)) return false;
    table.setChange(slot, stat.changeSeconds, stat.changeNanoseconds);
    return true;
  }

  #handOverOpen(): void {
    const { uniqueLow, uniqueHigh, nodeLow, nodeHigh } = this.#use.channel;
    this.#use.post({ kind: "open", uniqueLow, uniqueHigh, ino: inoOf(nodeLow, nodeHigh) });
  }

  #handOverRead(offsetBytes: number, lengthBytes: number): void {
    const { uniqueLow, uniqueHigh, nodeLow, nodeHigh } = this.#use.channel;
    const ino = inoOf(nodeLow, nodeHigh);
    const revision = revisionOf(nodeHigh);
    this.#use.post({ kind: "read", uniqueLow, uniqueHigh, ino, revision, offsetBytes, lengthBytes });
  }
}
