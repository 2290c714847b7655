import { errnoOf, isLive, LINK_MAX_BYTES, NAME_MAX_BYTES, type NodeAttributes, type Vfs } from "musicfs/vfs";
import { type Ownership, putAttrOut, putEntry, putMissingEntry } from "./attributes.js";
import type { Channel } from "./channel.js";
import type { Directories } from "./directories.js";
import type { Files } from "./files.js";
import { type Agreement, answerInit } from "./init.js";
import { isTimed, recordLatency } from "./latency.js";
import type { WorkerMessage } from "./messages.js";
import { decodeName, encodeName } from "./names.js";
import { inoOf, revisionOf } from "./node-id.js";
import type { OpenTable } from "./open-table.js";
import {
  ATTR_OUT_BYTES,
  CACHE_SECONDS,
  ENTRY_OUT_BYTES,
  IN,
  INTERRUPT_IN,
  OP,
  OP_TABLE_LENGTH,
  STATFS_OUT_BYTES,
  WRITING_OPS,
} from "./protocol.js";
import { CONTROL } from "./shared-state.js";
import { SYSTEM_ERRNO } from "./syscalls.js";

const STATFS_BLOCK_BYTES = 4096;

export interface ServerDependencies {
  readonly channel: Channel;
  readonly vfs: Vfs;
  readonly directories: Directories;
  readonly files: Files;
  readonly table: OpenTable;
  readonly ownership: Ownership;
  readonly control: Int32Array;
  readonly counters: Float64Array;
  readonly latencies: Float64Array;
  readonly wantsPassthrough: boolean;
  readonly agreed: (agreement: Agreement) => void;
  readonly post: (message: WorkerMessage) => void;
}

/** Answers one request after the other, each from this disk alone. */
export class Server {
  readonly #use: ServerDependencies;

  constructor(dependencies: ServerDependencies) {
    this.#use = dependencies;
  }

  /** Answers the request that the channel holds, or hands it over. Never throws. */
  answer(lengthBytes: number): void {
    const { channel, counters } = this.#use;
    const { opcode } = channel;
    const counter = opcode < OP_TABLE_LENGTH ? opcode : 0;
    const count = counters[counter] as number;
    counters[counter] = count + 1;
    if (isTimed(count)) this.#answerTimed(opcode, lengthBytes);
    else this.#answer(opcode, lengthBytes);
  }

  // What is handed over is timed where it is answered.
  #answerTimed(opcode: number, lengthBytes: number): void {
    const { channel, latencies } = this.#use;
    channel.answerBytes = 0;
    const beganMs = performance.now();
    this.#answer(opcode, lengthBytes);
    if (channel.answerBytes > 0) recordLatency(latencies, opcode, performance.now() - beganMs);
  }

  #answer(opcode: number, lengthBytes: number): void {
    try {
      this.#dispatch(opcode, lengthBytes);
    } catch (error) {
      this.#fail(opcode, error);
    }
  }

  #dispatch(opcode: number, lengthBytes: number): void {
    const { channel, control, directories, files } = this.#use;
    switch (opcode) {
      case OP.lookup:
        this.#lookup(lengthBytes);
        break;
      case OP.getattr:
        this.#getattr();
        break;
      case OP.readdirplus:
        directories.list(true);
        break;
      case OP.open:
        if (control[CONTROL.draining] === 1) channel.replyError(SYSTEM_ERRNO.ENOTCONN);
        else files.open();
        break;
      case OP.read:
        files.read();
        break;
      case OP.release:
        files.release();
        break;
      case OP.forget:
      case OP.batch_forget:
        break;
      case OP.readdir:
        directories.list(false);
        break;
      case OP.readlink:
        this.#readlink();
        break;
      case OP.statfs:
        this.#statfs();
        break;
      case OP.interrupt:
        this.#interrupt();
        break;
      case OP.init:
        this.#init();
        break;
      case OP.destroy:
        channel.reply(0);
        break;
      default:
        // ENOSYS makes the kernel do without from then on: FLUSH, ACCESS, OPENDIR, GETXATTR, POLL and so on.
        channel.replyError(WRITING_OPS.has(opcode) ? SYSTEM_ERRNO.EROFS : SYSTEM_ERRNO.ENOSYS);
    }
  }

  #lookup(lengthBytes: number): void {
    const { channel, vfs, ownership } = this.#use;
    const end = lengthBytes - 1;
    if (end - IN.argumentsByte > NAME_MAX_BYTES) {
      channel.replyError(SYSTEM_ERRNO.ENAMETOOLONG);
      return;
    }
    const name = decodeName(channel.requestBytes, IN.argumentsByte, end);
    const parentIno = inoOf(channel.nodeLow, channel.nodeHigh);
    const node = name === undefined ? undefined : vfs.lookup(parentIno, name);
    if (name !== undefined && vfs.isLate(parentIno, name)) {
      this.#lookupLate(parentIno, name, node);
      return;
    }
    // The kernel is told of changes by the names as they are stored: in another normalisation none may be kept.
    const keepSeconds = name === undefined || name.normalize("NFC") === name ? CACHE_SECONDS : 0;
    if (node) putEntry(channel, 0, node, ownership, keepSeconds);
    else putMissingEntry(channel, keepSeconds);
    channel.reply(ENTRY_OUT_BYTES);
  }

  // The kernel asks again each time: what such a name stands for changes without a word to the kernel, which would
  // hold a notification back, and with it every other lookup there, until a lookup that is under way has ended.
  #lookupLate(parentIno: number, name: string, node: NodeAttributes | undefined): void {
    const { channel, ownership, post } = this.#use;
    if (!node) {
      const { uniqueLow, uniqueHigh } = channel;
      post({ kind: "lookup", uniqueLow, uniqueHigh, parentIno, name });
      return;
    }
    putEntry(channel, 0, node, ownership, 0);
    channel.reply(ENTRY_OUT_BYTES);
  }

  // An old version of a file has attributes as long as it is open; after that its name must be looked up anew.
  #getattr(): void {
    const { channel, vfs, table, ownership } = this.#use;
    const { nodeLow, nodeHigh } = channel;
    const ino = inoOf(nodeLow, nodeHigh);
    const node = vfs.getattr(ino);
    if (node && (node.revision === revisionOf(nodeHigh) || isLive(ino))) {
      putAttrOut(channel, node, ownership);
      channel.reply(ATTR_OUT_BYTES);
      return;
    }
    const slot = table.find(nodeLow, nodeHigh);
    if (slot < 0) {
      channel.replyError(SYSTEM_ERRNO.ESTALE);
      return;
    }
    const opened = {
      ino,
      kind: "file",
      sizeBytes: table.sizeBytes(slot),
      mtimeMs: table.mtimeMs(slot),
    } as const;
    putAttrOut(channel, opened, ownership);
    channel.reply(ATTR_OUT_BYTES);
  }

  // The target alone, without a NUL; the kernel keeps it for as long as it keeps the link.
  #readlink(): void {
    const { channel, vfs } = this.#use;
    const target = vfs.readlink(inoOf(channel.nodeLow, channel.nodeHigh));
    channel.reply(encodeName(target, channel.dataBytes, 0, LINK_MAX_BYTES));
  }

  // `struct fuse_kstatfs`.
  #statfs(): void {
    const { channel, vfs } = this.#use;
    const { totalBytes, freeBytes, files } = vfs.statfs();
    const freeBlocks = Math.floor(freeBytes / STATFS_BLOCK_BYTES);
    channel.data.fill(0, 0, STATFS_OUT_BYTES / 4);
    channel.putNumber(0, Math.ceil(totalBytes / STATFS_BLOCK_BYTES));
    channel.putNumber(2, freeBlocks);
    channel.putNumber(4, freeBlocks);
    channel.putNumber(6, files);
    channel.data[10] = STATFS_BLOCK_BYTES;
    channel.data[11] = NAME_MAX_BYTES;
    channel.data[12] = STATFS_BLOCK_BYTES;
    channel.reply(STATFS_OUT_BYTES);
  }

  // It has no answer. Requests that were answered here are no longer there to be interrupted.
  #interrupt(): void {
    const { channel, post } = this.#use;
    const uniqueLow = channel.request[INTERRUPT_IN.unique] as number;
    const uniqueHigh = channel.request[INTERRUPT_IN.unique + 1] as number;
    post({ kind: "interrupt", uniqueLow, uniqueHigh });
  }

  #init(): void {
    const { channel, wantsPassthrough, agreed } = this.#use;
    const agreement = answerInit(channel, wantsPassthrough);
    if (agreement) agreed(agreement);
  }

  #fail(opcode: number, error: unknown): void {
    const { channel, post } = this.#use;
    const errno = errnoOf(error);
    channel.replyError(errno);
    if (errno !== SYSTEM_ERRNO.EIO) return;
    const request = Object.entries(OP).find(([, code]) => code === opcode)?.[0] ?? `request ${opcode}`;
    post({ kind: "fault", request, message: error instanceof Error ? error.message : String(error) });
  }
}
