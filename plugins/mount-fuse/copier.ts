import type { Channel } from "./channel.js";
import type { Leadership } from "./leadership.js";
import { SYSTEM_ERRNO, type Syscalls } from "./syscalls.js";

const SHORT_READ_BYTES = 32 * 1024;

/** Copies bytes of files into the answer. */
export class Copier {
  readonly #channel: Channel;
  readonly #syscalls: Syscalls;
  readonly #leadership: Leadership;

  constructor(channel: Channel, syscalls: Syscalls, leadership: Leadership) {
    this.#channel = channel;
    this.#syscalls = syscalls;
    this.#leadership = leadership;
  }

  /** Fills the answer's data from a file. @returns whether all of the bytes were there. */
  fill(fd: number, offsetBytes: number, lengthBytes: number): boolean {
    let done = this.#fillAtOnce(fd, offsetBytes, lengthBytes);
    if (done < lengthBytes) this.#leadership.passOn();
    while (done < lengthBytes) {
      const at = this.#channel.dataAddress + done;
      const read = this.#syscalls.pread(fd, at, lengthBytes - done, offsetBytes + done);
      if (read === -SYSTEM_ERRNO.EINTR) continue;
      if (read <= 0) return false;
      done += read;
    }
    return true;
  }

  /**
   * Fills the answer's data from memory, by `copy`.
   *
   * @returns what `copy` does.
   */
  take(lengthBytes: number, copy: (target: Uint8Array) => boolean): boolean {
    if (lengthBytes > SHORT_READ_BYTES) this.#leadership.passOn();
    return copy(this.#channel.dataBytes.subarray(0, lengthBytes));
  }

  // What is in memory and little is copied sooner than another worker is woken.
  #fillAtOnce(fd: number, offsetBytes: number, lengthBytes: number): number {
    if (lengthBytes > SHORT_READ_BYTES) return 0;
    const { dataAddress } = this.#channel;
    return Math.max(0, this.#syscalls.preadNoWait(fd, dataAddress, lengthBytes, offsetBytes));
  }
}
