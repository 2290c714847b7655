/** One way to get something; its signal aborts when another one was faster. */
export type Attempt<T> = (signal: AbortSignal) => Promise<T>;

export interface Won<T> {
  readonly value: T;
  /** Which attempt it came of. */
  readonly index: number;
  /** Attempts that had not answered by then, with how long they had been asked, in milliseconds. */
  readonly silent: readonly { readonly index: number; readonly forMs: number }[];
}

/**
 * Tries one after the other: the next one when one fails, or is silent for too long, while that goes on. The first answer
 * counts; whoever is still asked then is let go.
 *
 * @param patienceMs how long an attempt may be silent until the next one begins; `Infinity` for as long as it takes.
 * @throws an array of what the attempts threw, in their order, when all have failed; `signal.reason`.
 */
export function staggered<T>(
  attempts: readonly Attempt<T>[],
  patienceMs: (index: number) => number,
  signal: AbortSignal,
): Promise<Won<T>> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const running = new Map<number, { readonly controller: AbortController; readonly sinceMs: number }>();
    const errors: unknown[] = [];
    let begun = 0;
    let timer: NodeJS.Timeout | undefined;

    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", abort);
      for (const { controller } of running.values()) controller.abort(new Error("another one answered"));
    };
    const abort = (): void => {
      for (const { controller } of running.values()) controller.abort(signal.reason);
      running.clear();
      end();
      reject(signal.reason);
    };
    const begin = (): void => {
      clearTimeout(timer);
      const index = begun++;
      const attempt = attempts[index];
      if (!attempt) return;
      const controller = new AbortController();
      running.set(index, { controller, sinceMs: performance.now() });
      attempt(controller.signal).then(
        (value) => won(index, value),
        (error) => lost(index, error),
      );
      const waitMs = patienceMs(index);
      if (begun < attempts.length && Number.isFinite(waitMs)) timer = setTimeout(begin, waitMs);
    };
    const won = (index: number, value: T): void => {
      if (!running.delete(index)) return;
      const nowMs = performance.now();
      const silent = Array.from(running, ([other, { sinceMs }]) => ({
        index: other,
        forMs: nowMs - sinceMs,
      }));
      end();
      running.clear();
      resolve({ value, index, silent });
    };
    const lost = (index: number, error: unknown): void => {
      if (!running.delete(index)) return;
      errors[index] = error;
      if (begun < attempts.length) begin();
      else if (running.size === 0) {
        end();
        reject(errors);
      }
    };
    signal.addEventListener("abort", abort, { once: true });
    begin();
  });
}
