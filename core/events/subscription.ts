import type { EventType, MusicfsEvent } from "./event.js";
import type { Pacer } from "./pacer.js";

/** Events that came since the last look. */
export interface EventBatch {
  /** The oldest first. */
  readonly events: readonly MusicfsEvent[];
  /** Events that were dropped before these, because nobody took them. */
  readonly lost: number;
}

/** Most events that wait for a subscriber. */
export const MAX_WAITING = 16_384;
/** Dropped at once when there are more, so that dropping is not paid for each. */
const DROP_AT_ONCE = 1024;
/** Most events of a batch. */
const MAX_BATCH = 256;

/** What one subscriber has yet to take. Adding never waits: what is too much drops the oldest. */
export class Subscription {
  readonly #types: ReadonlySet<EventType>;
  readonly #pacer: Pacer;
  readonly #onClose: () => void;
  #waiting: MusicfsEvent[] = [];
  #lost = 0;
  #isClosed = false;
  #wake: () => void = () => undefined;

  /** @param onClose called once. */
  constructor(types: ReadonlySet<EventType>, pacer: Pacer, onClose: () => void) {
    this.#types = types;
    this.#pacer = pacer;
    this.#onClose = onClose;
  }

  add(event: MusicfsEvent): void {
    if (this.#isClosed || !this.#types.has(event.type)) return;
    this.#waiting.push(event);
    if (this.#waiting.length > MAX_WAITING) this.#lost += this.#waiting.splice(0, DROP_AT_ONCE).length;
    this.#wake();
  }

  /** The next events, as soon as there are any; `undefined` once it is closed. One call at a time. */
  async next(): Promise<EventBatch | undefined> {
    while (this.#waiting.length === 0 && !this.#isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    await this.#pacer.turn(Math.min(this.#waiting.length, MAX_BATCH));
    if (this.#isClosed) return undefined;
    const lost = this.#lost;
    this.#lost = 0;
    return { events: this.#waiting.splice(0, MAX_BATCH), lost };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#waiting = [];
    this.#wake();
    this.#onClose();
  }
}
