import { createHash } from "node:crypto";

/**
 * Reads a range of a file. May put the bytes into `into`, which is at least `lengthBytes` long, and return
 * a view of it; fewer bytes only where the file ends. The range lies within the file, and is at most
 * {@link BLOCK_BYTES} long.
 */
export type ReadAt = (
  offsetBytes: number,
  lengthBytes: number,
  into: Uint8Array,
) => Uint8Array | Promise<Uint8Array>;

/** A file, as far as reading its tags is concerned. */
export interface ByteSource {
  readonly sizeBytes: number;
  readonly readAt: ReadAt;
}

export const BLOCK_BYTES = 64 * 1024;
const BLOCKS_KEPT = 8;

/** What a file may make us read of it before it counts as malformed; a picture that is skipped is not read. */
export const READ_BUDGET_BYTES = 32 * 1024 * 1024;

/** A file wants to be read further than its tags can reasonably be. */
export class ReadBudgetError extends Error {
  override readonly name = "ReadBudgetError";

  constructor() {
    super(`its tags were not found in ${READ_BUDGET_BYTES / 1024 / 1024} MiB of it`);
  }
}

/** The origin gave other bytes than those that it was asked for, or none. */
export class ReadFailedError extends Error {
  override readonly name = "ReadFailedError";
}

/** The origin did not give them in the time that a file may take. */
export class ReadTimeoutError extends Error {
  override readonly name = "ReadTimeoutError";
}

/** Buffers of blocks that one reading leaves for the next. */
export class BlockPool {
  readonly #free: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(BLOCK_BYTES);
  }

  give(buffer: Uint8Array): void {
    if (this.#free.length < BLOCKS_KEPT) this.#free.push(buffer);
  }
}

interface Block {
  readonly number: number;
  readonly buffer: Uint8Array;
  readonly bytes: Uint8Array;
}

/**
 * Random access to a file through a few blocks of 64 KiB, the last used of which are kept.
 * Answers at once where the source does, so that a local file is read without a turn of the event loop.
 */
export class BlockReader {
  readonly sizeBytes: number;
  readonly #readAt: ReadAt;
  readonly #pool: BlockPool;
  /** The last used first. */
  readonly #blocks: Block[] = [];
  #bytesRead = 0;
  #head: Uint8Array | undefined;

  constructor(source: ByteSource, pool: BlockPool) {
    this.sizeBytes = source.sizeBytes;
    this.#readAt = source.readAt;
    this.#pool = pool;
  }

  /**
   * Copies bytes from `position` into `target` until it is full or the file ends.
   *
   * @returns how many bytes were copied.
   * @throws ReadBudgetError, ReadFailedError, or what the source throws.
   */
  read(target: Uint8Array, position: number): number | Promise<number> {
    const length = Math.max(0, Math.min(target.length, this.sizeBytes - position));
    for (let done = 0; done < length; ) {
      const block = this.#block(Math.floor((position + done) / BLOCK_BYTES));
      if (block instanceof Promise) return this.#readLater(block, target, position, done, length);
      done += copyFrom(block, target, position, done, length);
    }
    return length;
  }

  /** A hash of the first block, once that has been read: {@link headHash}. */
  get head(): Uint8Array | undefined {
    return this.#head;
  }

  /** Gives the buffers back to the pool. Nothing is read afterwards. */
  release(): void {
    for (const { buffer } of this.#blocks.splice(0)) this.#pool.give(buffer);
  }

  async #readLater(
    first: Promise<Block>,
    target: Uint8Array,
    position: number,
    from: number,
    length: number,
  ): Promise<number> {
    let done = from + copyFrom(await first, target, position, from, length);
    while (done < length) {
      const block = await this.#block(Math.floor((position + done) / BLOCK_BYTES));
      done += copyFrom(block, target, position, done, length);
    }
    return length;
  }

  #block(number: number): Block | Promise<Block> {
    const index = this.#blocks.findIndex((block) => block.number === number);
    if (index === 0) return this.#blocks[0] as Block;
    if (index > 0) {
      const [block] = this.#blocks.splice(index, 1) as [Block];
      this.#blocks.unshift(block);
      return block;
    }
    return this.#load(number);
  }

  #load(number: number): Block | Promise<Block> {
    if (this.#bytesRead >= READ_BUDGET_BYTES) throw new ReadBudgetError();
    const offset = number * BLOCK_BYTES;
    const length = Math.min(BLOCK_BYTES, this.sizeBytes - offset);
    this.#bytesRead += length;
    const buffer = this.#takeBuffer();
    const bytes = this.#readAt(offset, length, buffer);
    if (!(bytes instanceof Promise)) return this.#keep(number, buffer, bytes, length);
    return bytes.then((later) => this.#keep(number, buffer, later, length));
  }

  #takeBuffer(): Uint8Array {
    const oldest = this.#blocks.length >= BLOCKS_KEPT ? this.#blocks.pop() : undefined;
    return oldest?.buffer ?? this.#pool.take();
  }

  #keep(number: number, buffer: Uint8Array, bytes: Uint8Array, length: number): Block {
    if (bytes.length !== length) {
      throw new ReadFailedError(`${bytes.length} bytes came where ${length} were asked for`);
    }
    if (number === 0) this.#head ??= headHash(bytes);
    const block = { number, buffer, bytes };
    this.#blocks.unshift(block);
    return block;
  }
}

/** Names a content by its first {@link BLOCK_BYTES}: 16 bytes of their SHA-256. */
export function headHash(bytes: Uint8Array): Uint8Array {
  return createHash("sha256").update(bytes).digest().subarray(0, 16);
}

function copyFrom(block: Block, target: Uint8Array, position: number, done: number, length: number): number {
  const from = position + done - block.number * BLOCK_BYTES;
  const count = Math.min(length - done, block.bytes.length - from);
  target.set(block.bytes.subarray(from, from + count), done);
  return count;
}
