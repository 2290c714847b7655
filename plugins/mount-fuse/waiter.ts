import type { Channel } from "./channel.js";
import { errnoName, SYSTEM_ERRNO, type Syscalls } from "./syscalls.js";

/** How long the leader goes on looking for the next request before it sleeps. */
const SPIN_MS = 0.05;
/**
 * From an answer to the next request, when the leader slept: less says that it shares a CPU with whoever asks,
 * and looking would hold that one up; more, that nobody asks in series. Between them two threads wake each
 * other across CPUs, which takes longer than all of the answer: see README.md.
 */
const ACROSS_CPUS_MS = { from: 0.02, to: 0.25 } as const;
const LARGE_ANSWER_BYTES = 64 * 1024;
/** A request that comes so soon after looking was given up was held up by the looking. */
const HELD_UP_MS = 0.02;
/** So many requests are not looked for after that; four times as many each time that it happens again. */
const REST = { least: 8, most: 512 } as const;
/** So many requests are looked for before the scheduler may bring both to one CPU again. */
const SERIES = 64;

/** Waits for requests: first by looking again and again, where that pays, then asleep. */
export class Waiter {
  readonly #syscalls: Syscalls;
  readonly #channel: Channel;
  readonly #epollFd: number;
  #answeredAt = 0;
  /** So many of the next requests are looked for. */
  #series = 0;
  /** So many requests must come before any is looked for; and how many it was the last time. */
  #resting = 0;
  #rest = 0;

  /** @throws when the system has no descriptor left. */
  constructor(syscalls: Syscalls, channel: Channel, fuseFd: number, stopFd: number) {
    this.#syscalls = syscalls;
    this.#channel = channel;
    this.#epollFd = syscalls.epollCreate();
    const added = this.#epollFd < 0 ? this.#epollFd : syscalls.epollAdd(this.#epollFd, fuseFd);
    const failed = added < 0 ? added : syscalls.epollAdd(this.#epollFd, stopFd);
    if (failed < 0) throw new Error(`epoll: ${errnoName(failed)}`);
  }

  /** Waits for a request. @returns its length, or a negative errno: EAGAIN when it must be waited for again. */
  receive(): number {
    const isLooking = this.#series > 0;
    if (isLooking) {
      const received = this.#look();
      if (received !== -SYSTEM_ERRNO.EAGAIN) return received;
    }
    this.#syscalls.epollWait(this.#epollFd);
    this.#plan(performance.now() - this.#answeredAt, isLooking);
    return this.#channel.receive();
  }

  /** Who was given much has it to work on first, and needs the CPU. */
  answered(): void {
    this.#answeredAt = this.#channel.answerBytes > LARGE_ANSWER_BYTES ? 0 : performance.now();
  }

  close(): void {
    this.#syscalls.close(this.#epollFd);
  }

  #look(): number {
    this.#series -= 1;
    const endsAt = this.#answeredAt + SPIN_MS;
    for (;;) {
      const received = this.#channel.receive();
      if (received !== -SYSTEM_ERRNO.EAGAIN || performance.now() >= endsAt) return received;
    }
  }

  #plan(turnMs: number, hasLooked: boolean): void {
    if (hasLooked) {
      this.#series = 0;
      if (turnMs > SPIN_MS + HELD_UP_MS) return;
      this.#rest = Math.min(REST.most, Math.max(REST.least, this.#rest * 4));
      this.#resting = this.#rest;
    } else if (this.#resting > 0) {
      this.#resting -= 1;
    } else if (turnMs >= ACROSS_CPUS_MS.from && turnMs < ACROSS_CPUS_MS.to) {
      this.#series = SERIES;
      this.#rest >>= 1;
    }
  }
}
