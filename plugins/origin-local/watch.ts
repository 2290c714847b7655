import { Worker } from "node:worker_threads";
import type { LocalAccess, OriginChanges } from "musicfs";
import { receive } from "./messages.js";

/** What the watcher is started with. */
export interface WatchOrder extends LocalAccess {
  /** `Int32Array(1)`: messages that were sent and not yet taken. */
  readonly pending: SharedArrayBuffer;
}

/** What the watcher sends: once when it watches everything, without paths, and then whenever some have settled. */
export interface WatchMessage {
  /** Folders that are watched. */
  readonly folders: number;
  readonly paths: readonly string[];
}

/** A watched folder takes about 1.3 KB of the thread, half of it here: enough for half a million. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 320, maxYoungGenerationSizeMb: 3 };

/**
 * Watches a folder in a thread of its own, which takes up one inotify watch for each folder below it.
 *
 * @throws `signal.reason` on abort, or what made watching impossible.
 */
export async function* watchInWorker(
  { root, followSymlinks }: LocalAccess,
  signal: AbortSignal,
): AsyncGenerator<OriginChanges> {
  signal.throwIfAborted();
  const pending = new Int32Array(new SharedArrayBuffer(4));
  const order: WatchOrder = { root, followSymlinks, pending: pending.buffer };
  const worker = new Worker(new URL("./watcher.js", import.meta.url), {
    workerData: order,
    resourceLimits: RESOURCE_LIMITS,
  });
  const messages = receive<WatchMessage>(worker, "watches");
  const onAbort = (): void => messages.fail(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      const { paths } = await messages.next();
      yield { paths };
      Atomics.sub(pending, 0, 1);
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // Not awaited: a thread that hangs in a system call ends only when that returns.
    void worker.terminate();
  }
}
