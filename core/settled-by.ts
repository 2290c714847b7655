/**
 * Settles as `promise` does, or rejects with the signal's reason as soon as that aborts: who ignores a signal must
 * not hold up whoever waits.
 */
export function settledBy<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
  });
}
