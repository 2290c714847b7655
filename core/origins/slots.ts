import { type Place, Queue } from "../queue.js";

/** Bounds how many requests there are at one time; who comes first goes first. */
export class Slots {
  readonly #waiting = new Queue<() => void>();
  #limit: number;
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Requests that have a slot. */
  get used(): number {
    return this.#used;
  }

  /** Another limit; those who are inside stay. */
  set limit(limit: number) {
    this.#limit = limit;
    this.#admit();
  }

  /** Waits for a slot. @returns what gives it back. @throws `signal.reason`; nothing is taken then. */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#used >= this.#limit || !this.#waiting.isEmpty) await this.#wait(signal);
    else this.#used += 1;
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#used -= 1;
      this.#admit();
    };
  }

  #wait(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = (): void => {
        this.#waiting.leave(place);
        reject(signal.reason);
      };
      const place: Place<() => void> = this.#waiting.push(() => {
        this.#waiting.leave(place);
        signal.removeEventListener("abort", abort);
        resolve();
      });
      signal.addEventListener("abort", abort, { once: true });
    });
  }

  // Whoever is let in has his slot at once: nobody who comes later finds it free.
  #admit(): void {
    for (const enter of this.#waiting) {
      if (this.#used >= this.#limit) return;
      this.#used += 1;
      enter();
    }
  }
}
