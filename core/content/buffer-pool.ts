/** Length of the buffers that are used again. */
export const BUFFER_BYTES = 1024 * 1024;

/** Buffers that are kept for the next use, at most. */
const MAX_FREE = 32;
/** They go when none was wanted for so long, in milliseconds. */
const IDLE_MS = 5_000;

/**
 * Buffers for bytes on their way, used again and again: a fresh one for each piece of a file would have the garbage
 * collector run all the time. Who took one gives it back once nobody reads or writes it any more, and drops it where
 * that is not sure, as after a read that was given up.
 */
export class BufferPool {
  // The one that was used last is the likeliest to be in the processor's caches.
  readonly #free: Buffer[] = [];
  #idle: NodeJS.Timeout | undefined;

  /** Bytes of anything; more than {@link BUFFER_BYTES} come from no buffer of the pool's. */
  take(lengthBytes: number): Uint8Array {
    if (lengthBytes > BUFFER_BYTES) return Buffer.allocUnsafeSlow(lengthBytes);
    return (this.#free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)).subarray(0, lengthBytes);
  }

  /** @param bytes what {@link take} gave. */
  give({ buffer }: Uint8Array): void {
    if (buffer.byteLength !== BUFFER_BYTES || this.#free.length >= MAX_FREE) return;
    this.#free.push(Buffer.from(buffer));
    this.#idle ??= setTimeout(() => this.#drop(), IDLE_MS).unref();
    this.#idle.refresh();
  }

  #drop(): void {
    this.#free.length = 0;
    this.#idle = undefined;
  }
}
