import { write } from "node:fs";
import { promisify } from "node:util";
import type { EntryChange } from "musicfs";
import { nodeHigh, nodeLow } from "./node-id.js";
import { NOTIFY, OUT_HEADER_BYTES } from "./protocol.js";

const writeAsync = promisify(write);
const INODE_BYTES = OUT_HEADER_BYTES + 24;
const ENTRY_BYTES = OUT_HEADER_BYTES + 16;

/**
 * Directories that are told of at once. Each message takes a turn of the main thread, which may be busy with what
 * else a change brings: one after the other, a thousand of them would wait for it a thousand times. The kernel may hold
 * each of them back, so they take up a quarter of libuv's threads and no more.
 */
const AT_ONCE = 8;

/**
 * Makes the kernel forget names that changed, directory by directory.
 *
 * Each directory's own cache (attributes and listing) is dropped before its names and again after them: the
 * first tells whether the kernel knows the directory at all; and while a name is being dropped, the kernel
 * waits for the lookups and listings in it that are under way, which may have read the old catalogue and
 * filled the cache anew. What begins after that reads the new one.
 *
 * Written through the thread pool: the kernel holds a notification back while a request in that directory
 * is under way, so a thread that answers requests would wait for itself.
 */
export async function sendInvalidations(fd: number, changes: readonly EntryChange[]): Promise<void> {
  const directories = groupByParent(changes).entries();
  const sendNext = async (): Promise<void> => {
    for (const [parentIno, names] of directories) await sendDirectory(fd, parentIno, names);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, sendNext));
}

/** Makes the kernel drop what it has of a file's content. */
export async function dropContent(fd: number, ino: number, revision: number): Promise<void> {
  await send(fd, inodeMessage(ino, revision));
}

async function sendDirectory(fd: number, parentIno: number, names: ReadonlySet<string>): Promise<void> {
  if (!(await send(fd, inodeMessage(parentIno)))) return;
  for (const name of names) await send(fd, entryMessage(parentIno, name));
  await send(fd, inodeMessage(parentIno));
}

function groupByParent(changes: readonly EntryChange[]): Map<number, Set<string>> {
  const groups = new Map<number, Set<string>>();
  for (const { parentIno, name } of changes) {
    const names = groups.get(parentIno);
    if (names) names.add(name);
    else groups.set(parentIno, new Set([name]));
  }
  return groups;
}

/** @returns whether the kernel knew what it was to forget. That it did not, or is gone, is no fault. */
async function send(fd: number, message: Uint8Array): Promise<boolean> {
  try {
    await writeAsync(fd, message);
    return true;
  } catch {
    return false;
  }
}

/** `struct fuse_notify_inval_inode_out`, of the whole content. */
export function inodeMessage(ino: number, revision = 0): Uint8Array {
  const message = new Uint32Array(INODE_BYTES / 4);
  putHeader(message, INODE_BYTES, NOTIFY.invalidateInode);
  message[4] = nodeLow(ino);
  message[5] = nodeHigh(ino, revision);
  return new Uint8Array(message.buffer);
}

/** `struct fuse_notify_inval_entry_out`, and the name with a NUL after it. */
export function entryMessage(parentIno: number, name: string): Uint8Array {
  const nameBytes = Buffer.from(name, "utf8");
  const lengthBytes = ENTRY_BYTES + nameBytes.length + 1;
  const bytes = new Uint8Array(Math.ceil(lengthBytes / 4) * 4);
  const message = new Uint32Array(bytes.buffer);
  putHeader(message, lengthBytes, NOTIFY.invalidateEntry);
  message[4] = nodeLow(parentIno);
  message[5] = nodeHigh(parentIno, 0);
  message[6] = nameBytes.length;
  bytes.set(nameBytes, ENTRY_BYTES);
  return bytes.subarray(0, lengthBytes);
}

function putHeader(message: Uint32Array, lengthBytes: number, code: number): void {
  message[0] = lengthBytes;
  message[1] = code;
}
