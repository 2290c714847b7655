/** Milliseconds by a clock that all threads share and nobody sets: `performance.now()` begins anew in each. */
export function createClock(): () => number {
  const offsetMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  return () => performance.now() + offsetMs;
}
