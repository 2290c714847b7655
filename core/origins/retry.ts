import type { OriginError } from "../model/origin-error.js";
import { faultOf, isPassing } from "./fault.js";
import { pause } from "./within.js";

/** Waits between the attempts, in milliseconds. */
const WAITS_MS = [100, 500, 2000];
/** Part of a wait that is added to it or taken from it, so that many who failed together do not come back together. */
const JITTER = 0.25;
/** What took longer than this is not tried again, in milliseconds: whoever waits has waited long enough. */
const PATIENCE_MS = 10_000;
/** How long somebody who asks to be left alone is waited for who does not say for how long, in milliseconds. */
const BUSY_MS = 1000;
/** Longest time that is waited for somebody who asks to be left alone, in milliseconds. */
const BUSY_MAX_MS = 15_000;

/**
 * Tries again what may go well a moment later: three times.
 *
 * @param attempt is given the number of the attempt, from 0.
 * @throws what the last attempt threw, or `signal.reason`.
 */
export async function withRetries<T>(
  attempt: (number: number) => Promise<T>,
  signal: AbortSignal,
  onRetry: () => void = () => undefined,
): Promise<T> {
  const beganMs = performance.now();
  for (let number = 0; ; number += 1) {
    try {
      return await attempt(number);
    } catch (error) {
      signal.throwIfAborted();
      const waitMs = waitAfter(error, number);
      if (waitMs === undefined || performance.now() - beganMs > PATIENCE_MS) throw error;
      await pause(waitMs, signal);
      onRetry();
    }
  }
}

function waitAfter(error: unknown, number: number): number | undefined {
  const waitMs = WAITS_MS[number];
  if (waitMs === undefined || !isPassing(faultOf(error))) return undefined;
  const askedMs = retryAfterOf(error);
  if (askedMs > BUSY_MAX_MS) return undefined;
  return Math.max(askedMs, waitMs * (1 + (Math.random() * 2 - 1) * JITTER));
}

/** For how long an origin asks to be left alone, in milliseconds; 0 when it does not. */
export function retryAfterOf(error: unknown): number {
  if (faultOf(error) !== "busy") return 0;
  return (error as OriginError).retryAfterMs ?? BUSY_MS;
}
