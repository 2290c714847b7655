import { setTimeout as delay } from "node:timers/promises";

/** Events a second to all subscribers together: telling one takes some 2 µs, so a tenth of a core. */
const EVENTS_A_SECOND = 50_000;
/** What may be told without waiting, in milliseconds of that. */
const AHEAD_MS = 100;

/** Keeps many subscribers, or a burst, from taking the processor away from readers of files. */
export class Pacer {
  #paidUntilMs = 0;

  /** Resolves when `events` more may be told. */
  async turn(events: number): Promise<void> {
    const nowMs = performance.now();
    const waitMs = this.#paidUntilMs - nowMs - AHEAD_MS;
    this.#paidUntilMs = Math.max(this.#paidUntilMs, nowMs) + (events * 1000) / EVENTS_A_SECOND;
    if (waitMs > 0) await delay(waitMs);
  }
}
