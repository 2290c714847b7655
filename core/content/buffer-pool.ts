/** Length of the larger of the buffers that are used again. */
export const BUFFER_BYTES = 1024 * 1024;

/** Lengths of the buffers: many pieces are one block, and a large buffer for each would be too much memory. */
const LENGTHS = [64 * 1024, BUFFER_BYTES] as const;
/** Bytes of the buffers of one length that are kept for the next use, at most. */
const MAX_FREE_BYTES = 32 * BUFFER_BYTES;
/** Buffers of one length that are kept, at most. */
const MAX_FREE = 64;
/** They go when none was wanted for so long, in milliseconds. */
const IDLE_MS = 5_000;

/**
 * Buffers for bytes on their way, used again and again: a fresh one for each piece of a file would have the garbage
 * collector run all the time. Who took one gives it back once nobody reads or writes it any more, and drops it where
 * that is not sure, as after a read that was given up.
 */
export class BufferPool {
  // By their length. The one that was used last is the likeliest to be in the processor's caches.
  readonly #free = new Map<number, Buffer[]>(LENGTHS.map((length) => [length, []]));
  #idle: NodeJS.Timeout | undefined;

  /** Bytes of anything; more than {@link BUFFER_BYTES} come from no buffer of the pool's. */
  take(lengthBytes: number): Uint8Array {
    const length = LENGTHS.find((one) => one >= lengthBytes) ?? lengthBytes;
    return (this.#free.get(length)?.pop() ?? Buffer.allocUnsafeSlow(length)).subarray(0, lengthBytes);
  }

  /** @param bytes what {@link take} gave. */
  give({ buffer }: Uint8Array): void {
    const free = this.#free.get(buffer.byteLength);
    if (!free || free.length >= Math.min(MAX_FREE, MAX_FREE_BYTES / buffer.byteLength)) return;
    free.push(Buffer.from(buffer));
    this.#idle ??= setTimeout(() => this.#drop(), IDLE_MS).unref();
    this.#idle.refresh();
  }

  #drop(): void {
    for (const free of this.#free.values()) free.length = 0;
    this.#idle = undefined;
  }
}
