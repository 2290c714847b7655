import { pause } from "./within.js";

/** What may go at once after a rest, as a time at the full rate, in milliseconds. */
const BURST_MS = 1000;

/** Bounds bytes a second: each request waits until those before it have had their time. */
export class TokenBucket {
  /** Bytes a second; `undefined` for no limit. */
  rate: number | undefined;
  /** When all that was let through has had its time. */
  #paidUntilMs = 0;

  constructor(rate: number | undefined) {
    this.rate = rate;
  }

  /** Waits for its turn. @throws `signal.reason`; its bytes are given back then. */
  async take(bytes: number, signal: AbortSignal): Promise<void> {
    if (this.rate === undefined) return;
    const costMs = (bytes / this.rate) * 1000;
    const nowMs = performance.now();
    this.#paidUntilMs = Math.max(this.#paidUntilMs, nowMs - BURST_MS) + costMs;
    // The last of its bytes are paid for while it is read.
    const waitMs = this.#paidUntilMs - costMs - nowMs;
    if (waitMs <= 0) return;
    try {
      await pause(waitMs, signal);
    } catch (error) {
      this.#paidUntilMs -= costMs;
      throw error;
    }
  }
}
