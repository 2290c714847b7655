import { Worker } from "node:worker_threads";
import type { ListingBatch, LocalAccess } from "musicfs";
import { receive } from "./messages.js";

/** What the walker is started with. */
export interface WalkOrder {
  readonly root: string;
  readonly followSymlinks: boolean;
  /** Paths to look at, with all below them; absent: everything. */
  readonly paths?: readonly string[];
  /** `Int32Array(1)`: batches that were sent and not yet taken; the walker waits while there are too many. */
  readonly pending: SharedArrayBuffer;
}

/** What the walker sends: batches, and at the end `undefined`. */
export type WalkMessage = ListingBatch | undefined;

/**
 * Lists a folder in a thread of its own: a million files take seconds of work, and a disk that hangs
 * hangs nothing else. Memory is bounded: the thread waits for whoever takes the batches.
 *
 * @throws `signal.reason` on abort, or what ended the thread.
 */
export async function* walkInWorker(
  { root, followSymlinks }: LocalAccess,
  paths: readonly string[] | undefined,
  signal: AbortSignal,
): AsyncGenerator<ListingBatch> {
  signal.throwIfAborted();
  const pending = new Int32Array(new SharedArrayBuffer(4));
  const order: WalkOrder = { root, followSymlinks, pending: pending.buffer, ...(paths && { paths }) };
  const worker = new Worker(new URL("./walker.js", import.meta.url), {
    workerData: order,
    resourceLimits: { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 },
  });
  const messages = receive<WalkMessage>(worker, "lists");
  const onAbort = (): void => messages.fail(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    for (;;) {
      const batch = await messages.next();
      if (batch === undefined) return;
      Atomics.sub(pending, 0, 1);
      Atomics.notify(pending, 0);
      yield batch;
    }
  } finally {
    signal.removeEventListener("abort", onAbort);
    // Not awaited: a thread that hangs in a system call ends only when that returns.
    void worker.terminate();
  }
}
