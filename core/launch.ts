/**
 * Flags of Node for the daemon, as in the first line of `cli/bin.ts`: they keep the heap near what is in use, where V8 would
 * let garbage grow to several times that before it looks, and let {@link giveMemoryBack} work.
 */
export const LAUNCH_FLAGS = ["--max-semi-space-size=4", "--heap-growing-percent=30", "--expose-gc"] as const;
/** What must be in the environment before Node starts. */
export const LAUNCH_ENVIRONMENT = { UV_THREADPOOL_SIZE: "32", MALLOC_ARENA_MAX: "2" } as const;

/**
 * Gives the memory of garbage back to the system: for the end of work that made much of it, after which V8 may find no
 * reason to look for days. Holds this thread up twice, by some 30 ms: the first time leaves pages behind that only the
 * second empties. Does nothing without {@link LAUNCH_FLAGS}.
 */
export async function giveMemoryBack(): Promise<void> {
  globalThis.gc?.();
  await new Promise((resolve) => setImmediate(resolve));
  globalThis.gc?.();
}
