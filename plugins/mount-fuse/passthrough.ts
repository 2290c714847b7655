import { BACKING_CLOSE, BACKING_OPEN } from "./protocol.js";
import { CONTROL, COUNTER } from "./shared-state.js";
import { SYSTEM_ERRNO, type Syscalls } from "./syscalls.js";

/** Failures that every other file would meet, too. */
const HOPELESS: ReadonlySet<number> = new Set([
  SYSTEM_ERRNO.EPERM,
  SYSTEM_ERRNO.ENOSYS,
  SYSTEM_ERRNO.ENOTTY,
  SYSTEM_ERRNO.EOPNOTSUPP,
]);

/** Hands files of this disk to the kernel, which then reads them by itself (Linux 6.9, CAP_SYS_ADMIN). */
export class Passthrough {
  readonly #syscalls: Syscalls;
  readonly #fuseFd: number;
  readonly #control: Int32Array;
  readonly #counters: Float64Array;
  /** `struct fuse_backing_map { int32_t fd; uint32_t flags; uint64_t padding; }`, or the id to close. */
  readonly #map = new Int32Array(4);
  readonly #mapAddress: number;

  constructor(syscalls: Syscalls, fuseFd: number, control: Int32Array, counters: Float64Array) {
    this.#syscalls = syscalls;
    this.#fuseFd = fuseFd;
    this.#control = control;
    this.#counters = counters;
    this.#mapAddress = syscalls.addressOf(new Uint8Array(this.#map.buffer));
  }

  /** Whether this kernel, and this user, can have files pass through. */
  get isPossible(): boolean {
    return Atomics.load(this.#control, CONTROL.passthrough) === 1;
  }

  /** @returns the kernel's number of the file, or 0 when it must be copied. */
  open(fd: number): number {
    if (!this.isPossible) return 0;
    this.#map[0] = fd;
    const backingId = this.#syscalls.ioctl(this.#fuseFd, BACKING_OPEN, this.#mapAddress);
    if (backingId > 0) return backingId;
    this.#counters[COUNTER.passthroughFailures] = (this.#counters[COUNTER.passthroughFailures] as number) + 1;
    if (HOPELESS.has(-backingId)) Atomics.store(this.#control, CONTROL.passthrough, 0);
    return 0;
  }

  /** Lets go of a number that {@link open} gave; 0 is none. */
  close(backingId: number): void {
    if (backingId <= 0) return;
    this.#map[0] = backingId;
    this.#syscalls.ioctl(this.#fuseFd, BACKING_CLOSE, this.#mapAddress);
  }
}
