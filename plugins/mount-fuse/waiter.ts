import { CONTROL } from "./shared-state.js";
import { errnoName, type Syscalls } from "./syscalls.js";

/**
 * How long a worker goes on looking for the next request before it sleeps. Programs ask in series (a lookup,
 * an open, a read), and waking a thread on another CPU takes longer than all of the answer: see README.md.
 */
const SPIN_MS = 0.05;
const LARGE_ANSWER_BYTES = 64 * 1024;

/** Waits for requests: first by looking again and again, then asleep. */
export class Waiter {
  readonly #syscalls: Syscalls;
  readonly #control: Int32Array;
  readonly #epollFd: number;
  #isSpinning = false;
  #answeredAt = 0;

  /** @throws when the system has no descriptor left. */
  constructor(syscalls: Syscalls, fuseFd: number, stopFd: number, control: Int32Array) {
    this.#syscalls = syscalls;
    this.#control = control;
    this.#epollFd = syscalls.epollCreate();
    // Exclusive, so that a request wakes one worker and not all; the stop wakes all.
    const added = this.#epollFd < 0 ? this.#epollFd : syscalls.epollAdd(this.#epollFd, fuseFd, true);
    const failed = added < 0 ? added : syscalls.epollAdd(this.#epollFd, stopFd, false);
    if (failed < 0) throw new Error(`epoll: ${errnoName(failed)}`);
  }

  /** There was nothing to read: returns when there may be. */
  wait(): void {
    if (performance.now() - this.#answeredAt < SPIN_MS && this.#startSpinning()) return;
    this.#stopSpinning();
    this.#syscalls.epollWait(this.#epollFd);
  }

  /** A request was read: another worker may look for the next one. */
  found(): void {
    this.#stopSpinning();
  }

  /** Who was given much has it to work on first, and needs the CPU. */
  answered(answerBytes: number): void {
    this.#answeredAt = answerBytes > LARGE_ANSWER_BYTES ? 0 : performance.now();
  }

  close(): void {
    this.#stopSpinning();
    this.#syscalls.close(this.#epollFd);
  }

  // One at a time, so that the others' CPUs are left to whoever asks.
  #startSpinning(): boolean {
    this.#isSpinning ||= Atomics.compareExchange(this.#control, CONTROL.spinner, 0, 1) === 0;
    return this.#isSpinning;
  }

  #stopSpinning(): void {
    if (!this.#isSpinning) return;
    this.#isSpinning = false;
    Atomics.store(this.#control, CONTROL.spinner, 0);
  }
}
