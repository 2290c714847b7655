import type { NodeAttributes, NodeKind } from "musicfs/vfs";
import { nodeHigh, nodeLow } from "./node-id.js";
import { CACHE_SECONDS, ENTRY_OUT_BYTES } from "./protocol.js";
import { putWords } from "./words.js";

/** Whose the files are, and who may read them. */
export interface Ownership {
  readonly uid: number;
  readonly gid: number;
  readonly umask: number;
}

/** What attributes are made of. */
export type Attributes = Pick<NodeAttributes, "ino" | "kind" | "sizeBytes" | "mtimeMs">;

/** Where an answer is put together, in 32-bit words. */
export interface AnswerWords {
  readonly data: Uint32Array;
  putNumber(word: number, value: number): void;
}

const S_IFDIR = 0o040000;
const S_IFREG = 0o100000;
const S_IFLNK = 0o120000;
const BLOCK_BYTES = 512;
const PREFERRED_IO_BYTES = 128 * 1024;
const ENTRY_WORDS = 32;
const ENTRY_ATTRIBUTES_WORD = 10;
const ATTR_OUT_ATTRIBUTES_WORD = 4;

/** Writes `struct fuse_attr_out`: how long it holds, and the attributes. */
export function putAttrOut(channel: AnswerWords, attributes: Attributes, ownership: Ownership): void {
  channel.putNumber(0, CACHE_SECONDS);
  channel.data[2] = 0;
  channel.data[3] = 0;
  putAttributes(channel, ATTR_OUT_ATTRIBUTES_WORD, attributes, ownership);
}

/** Writes `struct fuse_entry_out` at `word` of the answer. The kernel may keep the name for `keepSeconds`. */
export function putEntry(
  channel: AnswerWords,
  word: number,
  node: NodeAttributes,
  ownership: Ownership,
  keepSeconds = CACHE_SECONDS,
): void {
  const { data } = channel;
  data[word] = nodeLow(node.ino);
  data[word + 1] = nodeHigh(node.ino, node.revision);
  channel.putNumber(word + 2, 0);
  channel.putNumber(word + 4, keepSeconds);
  channel.putNumber(word + 6, CACHE_SECONDS);
  data[word + 8] = 0;
  data[word + 9] = 0;
  putAttributes(channel, word + ENTRY_ATTRIBUTES_WORD, node, ownership);
}

/** A `struct fuse_entry_out` by itself. */
export function entryBytes(node: NodeAttributes, ownership: Ownership, keepSeconds: number): Uint8Array {
  const data = new Uint32Array(ENTRY_OUT_BYTES / 4);
  putEntry(
    { data, putNumber: (word, value) => putWords(data, word, value) },
    0,
    node,
    ownership,
    keepSeconds,
  );
  return new Uint8Array(data.buffer);
}

/** Writes the `struct fuse_entry_out` of a name that does not exist, for the kernel to remember. */
export function putMissingEntry(channel: AnswerWords, keepSeconds = CACHE_SECONDS): void {
  channel.data.fill(0, 0, ENTRY_WORDS);
  channel.putNumber(4, keepSeconds);
}

// `struct fuse_attr`, 88 bytes. The link count of directories is 1, which says "unknown" to what would
// otherwise count subdirectories by it (find, fts).
function putAttributes(
  channel: AnswerWords,
  word: number,
  attributes: Attributes,
  ownership: Ownership,
): void {
  const { data } = channel;
  const seconds = Math.floor(attributes.mtimeMs / 1000);
  const nanoseconds = Math.min(999_999_999, Math.round((attributes.mtimeMs - seconds * 1000) * 1e6));
  channel.putNumber(word, attributes.ino);
  channel.putNumber(word + 2, attributes.sizeBytes);
  channel.putNumber(word + 4, Math.ceil(attributes.sizeBytes / BLOCK_BYTES));
  channel.putNumber(word + 6, seconds);
  channel.putNumber(word + 8, seconds);
  channel.putNumber(word + 10, seconds);
  data[word + 12] = nanoseconds;
  data[word + 13] = nanoseconds;
  data[word + 14] = nanoseconds;
  data[word + 15] = modeOf(attributes.kind, ownership.umask);
  data[word + 16] = 1;
  data[word + 17] = ownership.uid;
  data[word + 18] = ownership.gid;
  data[word + 19] = 0;
  data[word + 20] = PREFERRED_IO_BYTES;
  data[word + 21] = 0;
}

// What a link allows is what its target does: every system shows 0777.
function modeOf(kind: NodeKind, umask: number): number {
  if (kind === "link") return S_IFLNK | 0o777;
  return (kind === "directory" ? S_IFDIR | 0o555 : S_IFREG | 0o444) & ~umask;
}
