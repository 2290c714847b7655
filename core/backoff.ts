export interface BackoffOptions {
  /** The first wait, in milliseconds. */
  readonly firstMs: number;
  /** No wait is longer, in milliseconds. */
  readonly maxMs: number;
}

/** How long to wait after each failure in a row. */
export interface Backoff {
  /** The wait after one more failure, in milliseconds. */
  next(): number;
  /** After a success: begins anew. */
  reset(): void;
}

/**
 * Waits that double up to a limit, each shortened by up to a half at random, so that many who failed
 * together do not come back together.
 */
export function createBackoff({ firstMs, maxMs }: BackoffOptions): Backoff {
  let failures = 0;
  return {
    next() {
      const fullMs = Math.min(maxMs, firstMs * 2 ** Math.min(failures, 40));
      failures += 1;
      return fullMs * (1 - Math.random() / 2);
    },
    reset() {
      failures = 0;
    },
  };
}
