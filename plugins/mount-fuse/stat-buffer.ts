import type { Syscalls } from "./syscalls.js";

const STATX_BYTES = 256;
const WORD = 2 ** 32;

/** The numbers of one open file, by `statx`: `struct statx` lies the same way on every machine. */
export class StatBuffer {
  readonly #syscalls: Syscalls;
  readonly #bytes = new Uint8Array(STATX_BYTES);
  readonly #words = new Uint32Array(this.#bytes.buffer);
  readonly #signed = new Int32Array(this.#bytes.buffer);
  readonly #address: number;

  constructor(syscalls: Syscalls) {
    this.#syscalls = syscalls;
    this.#address = syscalls.addressOf(this.#bytes);
  }

  /** Asks for the numbers that the properties then give. @returns a negative errno when that fails. */
  load(fd: number): number {
    return this.#syscalls.statxFd(fd, this.#address);
  }

  get sizeBytes(): number {
    return (this.#words[10] as number) + (this.#words[11] as number) * WORD;
  }
  get changeSeconds(): number {
    return (this.#words[24] as number) + (this.#signed[25] as number) * WORD;
  }
  get changeNanoseconds(): number {
    return this.#words[26] as number;
  }
  get mtimeMs(): number {
    const seconds = (this.#words[28] as number) + (this.#signed[29] as number) * WORD;
    return seconds * 1000 + (this.#words[30] as number) / 1e6;
  }
}
