interface Waiter {
  readonly bytes: number;
  enter(): void;
}

/**
 * Bounds the bytes that are in memory at once: who wants more than are left waits for its turn. A request that is
 * larger than the whole enters when nothing else is inside.
 */
export class ByteGate {
  readonly #limitBytes: number;
  readonly #queue: Waiter[] = [];
  #insideBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** Bytes that are inside. */
  get insideBytes(): number {
    return this.#insideBytes;
  }

  /** Waits for room. @throws `signal.reason`; nothing is taken then. */
  enter(bytes: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#queue.length === 0 && this.tryEnter(bytes)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#queue.splice(this.#queue.indexOf(waiter), 1);
        reject(signal.reason);
        // It may have stood in the way of smaller ones.
        this.leave(0);
      };
      const waiter: Waiter = {
        bytes,
        enter: () => {
          signal.removeEventListener("abort", abort);
          resolve();
        },
      };
      signal.addEventListener("abort", abort, { once: true });
      this.#queue.push(waiter);
    });
  }

  /** Enters if there is room now and nobody waits. */
  tryEnter(bytes: number): boolean {
    if (this.#queue.length > 0 || !this.#fits(bytes)) return false;
    this.#insideBytes += bytes;
    return true;
  }

  leave(bytes: number): void {
    this.#insideBytes -= bytes;
    for (let next = this.#queue[0]; next && this.#fits(next.bytes); next = this.#queue[0]) {
      this.#queue.shift();
      this.#insideBytes += next.bytes;
      next.enter();
    }
  }

  #fits(bytes: number): boolean {
    return this.#insideBytes === 0 || this.#insideBytes + bytes <= this.#limitBytes;
  }
}
