import { readFileSync } from "node:fs";

const QUEUE_LENGTH_FILE = "/proc/sys/fs/inotify/max_queued_events";

/**
 * Tells when inotify may have lost events. Node passes over the kernel's word of that; but a queue that overflowed was
 * full, and what is in it comes within one turn of the event loop.
 */
export class EventBurst {
  readonly #limit: number;
  #count = 0;

  /** @param queueLength events that the queue holds. */
  constructor(queueLength: number) {
    // Events of folders that are watched no more count for the queue, and not for us.
    this.#limit = Math.max(1, Math.floor(queueLength / 2));
  }

  /** Counts an event. @returns whether so many have come at once that others may be missing; once a turn. */
  add(): boolean {
    if (this.#count === 0) {
      setImmediate(() => {
        this.#count = 0;
      });
    }
    this.#count += 1;
    return this.#count === this.#limit;
  }
}

/** Events that the queue of a watch holds which begins now; infinitely many where there is no inotify. */
export function queueLength(): number {
  try {
    return Number(readFileSync(QUEUE_LENGTH_FILE, "utf8")) || Number.POSITIVE_INFINITY;
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
