import { setMaxListeners } from "node:events";
import { settledBy } from "../settled-by.js";

/**
 * Runs `work` for so long at most, and gives it a signal that aborts then, or with `signal`. Whoever ignores its signal
 * is left behind. Nothing stays attached to `signal`, which may live as long as the daemon (what `AbortSignal.any` makes does).
 *
 * @param late makes the error of being too late.
 * @throws what `work` does, the error of `late`, or `signal.reason`.
 */
export async function within<T>(
  limitMs: number,
  late: () => Error,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const controller = controllerForMany();
  const forward = (): void => controller.abort(signal.reason);
  const timer = setTimeout(() => controller.abort(late()), limitMs);
  signal.addEventListener("abort", forward, { once: true });
  try {
    return await settledBy(work(controller.signal), controller.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", forward);
  }
}

/** A controller whose signal an origin may give to any number of requests, without Node taking them for a leak. */
export function controllerForMany(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return controller;
}

/** Waits. @throws `signal.reason` */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", abort);
      resolve();
    }, ms);
    signal.addEventListener("abort", abort, { once: true });
  });
}
