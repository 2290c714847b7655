import assert from "node:assert/strict";
import { setImmediate, setTimeout } from "node:timers/promises";

/** Time that an abort may take to be heard, in milliseconds. */
export const ABORT_MS = 1_000;

/** A signal for calls that nobody will abort. */
export function noAbort(): AbortSignal {
  return new AbortController().signal;
}

/**
 * Waits for `work`, for `timeoutMs` at most.
 *
 * @throws what `work` rejects with, or an error that names `what` when it is not settled in time.
 */
export async function settledWithin<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  const controller = new AbortController();
  const late = setTimeout(timeoutMs, undefined, { signal: controller.signal }).then(async () => {
    // A thread that was held for longer than the deadline proves nothing: what is ready may come first.
    await setImmediate();
    throw new Error(`${what} had not settled after ${timeoutMs} ms`);
  });
  late.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    controller.abort();
  }
}

/** Longest that {@link eventually} waits, and between two looks, in milliseconds. */
const EVENTUALLY_MS = 20_000;
const LOOK_EVERY_MS = 50;

/** Waits until `isSo`. @throws an error that names `what` when it never is. */
export async function eventually(what: string, isSo: () => Promise<boolean>): Promise<void> {
  for (const endMs = performance.now() + EVENTUALLY_MS; !(await isSo()); ) {
    if (performance.now() > endMs) throw new Error(`${what}: not within ${EVENTUALLY_MS} ms`);
    await setTimeout(LOOK_EVERY_MS);
  }
}

/** @throws unless `work` rejects with this very `reason`. */
export async function rejectsWith(reason: unknown, work: Promise<unknown>): Promise<void> {
  const error = await work.then(
    () => assert.fail("it did not reject"),
    (thrown: unknown) => thrown,
  );
  assert.equal(error, reason);
}
