import { createAlignedMemory } from "../store/aligned-memory.js";

/** Length of the larger of the buffers that are used again. */
export const BUFFER_BYTES = 1024 * 1024;

/** Length of the smaller ones: many pieces are one block, and a large buffer for each would be too much memory. */
const SMALL_BYTES = 64 * 1024;
/** Large buffers that are made at once. */
const MADE_AT_ONCE = 8;
/** Buffers of one length that are kept for the next use, at most. */
const MAX_FREE = { large: 32, small: 64 } as const;
/** They go when none was wanted for so long, in milliseconds. */
const IDLE_MS = 5_000;

/**
 * Buffers for bytes on their way, used again and again: a fresh one for each piece of a file would have the garbage
 * collector run all the time. The memory of large ones is not of the kind whose growth makes it run, either. Who took one
 * gives it back once nobody reads or writes it any more, and drops it where that is not sure, as after a read that was
 * given up.
 */
export class BufferPool {
  // The one that was used last is the likeliest to be in the processor's caches.
  readonly #large: Buffer[] = [];
  readonly #small: Buffer[] = [];
  /** Memory of large buffers, {@link MADE_AT_ONCE} in each. */
  readonly #made = new WeakSet<ArrayBufferLike>();
  #idle: NodeJS.Timeout | undefined;

  /** Bytes of anything; more than {@link BUFFER_BYTES} come from no buffer of the pool's. */
  take(lengthBytes: number): Uint8Array {
    if (lengthBytes > BUFFER_BYTES) return Buffer.allocUnsafeSlow(lengthBytes);
    if (lengthBytes <= SMALL_BYTES) {
      return (this.#small.pop() ?? Buffer.allocUnsafeSlow(SMALL_BYTES)).subarray(0, lengthBytes);
    }
    return (this.#large.pop() ?? this.#make()).subarray(0, lengthBytes);
  }

  /** @param bytes what {@link take} gave. */
  give({ buffer, byteOffset }: Uint8Array): void {
    if (this.#made.has(buffer)) {
      if (this.#large.length < MAX_FREE.large) this.#large.push(largeAt(buffer, byteOffset));
    } else if (buffer.byteLength === SMALL_BYTES && this.#small.length < MAX_FREE.small) {
      this.#small.push(Buffer.from(buffer as ArrayBuffer));
    }
    this.#idle ??= setTimeout(() => this.#drop(), IDLE_MS).unref();
    this.#idle.refresh();
  }

  #make(): Buffer {
    const memory = createAlignedMemory(MADE_AT_ONCE * BUFFER_BYTES);
    this.#made.add(memory);
    for (let index = MADE_AT_ONCE - 1; index > 0; index -= 1) {
      this.#large.push(largeAt(memory, index * BUFFER_BYTES));
    }
    return largeAt(memory, 0);
  }

  #drop(): void {
    this.#large.length = 0;
    this.#small.length = 0;
    this.#idle = undefined;
  }
}

function largeAt(memory: ArrayBufferLike, byteOffset: number): Buffer {
  return Buffer.from(memory as ArrayBuffer, byteOffset, BUFFER_BYTES);
}
