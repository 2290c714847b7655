import { CONTROL } from "./shared-state.js";

const NOBODY = 0;
const CLOSED = -1;

/**
 * Who of the workers waits for the kernel: one at a time, the leader; the others sleep without being woken by
 * requests. The leader answers what is short by itself. Before it begins what may take long or touch a disk,
 * it passes the lead on, so that somebody waits for the kernel at every time when anybody is free.
 */
export class Leadership {
  readonly #control: Int32Array;
  readonly #number: number;

  /** @param number above 0, and different in each worker. */
  constructor(control: Int32Array, number: number) {
    this.#control = control;
    this.#number = number;
  }

  /** Returns when this worker leads, or when nobody shall any more. */
  take(): void {
    for (;;) {
      const leader = Atomics.load(this.#control, CONTROL.leader);
      if (leader === this.#number || leader === CLOSED) return;
      if (leader !== NOBODY) Atomics.wait(this.#control, CONTROL.leader, leader);
      else Atomics.compareExchange(this.#control, CONTROL.leader, NOBODY, this.#number);
    }
  }

  /** Lets another worker lead, if this one does. */
  passOn(): void {
    passOnFrom(this.#control, this.#number);
  }
}

/** Lets another worker lead in the place of `number`, which died; nothing when it did not lead. */
export function passOnFrom(control: Int32Array, number: number): void {
  if (Atomics.compareExchange(control, CONTROL.leader, number, NOBODY) !== number) return;
  Atomics.notify(control, CONTROL.leader, 1);
}

/** Wakes all who sleep, for good. */
export function closeLeadership(control: Int32Array): void {
  Atomics.store(control, CONTROL.leader, CLOSED);
  Atomics.notify(control, CONTROL.leader);
}
