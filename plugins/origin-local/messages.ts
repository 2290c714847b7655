import { once } from "node:events";
import type { Worker } from "node:worker_threads";
import { MusicfsError } from "musicfs";

/** What a thread sends, one after the other. */
export interface Messages<T> {
  /** @throws what ended the thread. */
  next(): Promise<T>;
  fail(error: unknown): void;
}

/** Takes up what a thread sends. `task` says what the thread does, for the error when it ends too early. */
export function receive<T>(worker: Worker, task: string): Messages<T> {
  const queue: T[] = [];
  let failure: { error: unknown } | undefined;
  let wake = (): void => undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
    wake();
  };
  worker.on("message", (message: T) => {
    queue.push(message);
    wake();
  });
  worker.on("error", fail);
  void once(worker, "exit").then(
    () => fail(new MusicfsError("MFS_INTERNAL", `the thread that ${task} the folder ended too early`)),
    fail,
  );
  return {
    fail,
    async next() {
      while (queue.length === 0) {
        if (failure) throw failure.error;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      return queue.shift() as T;
    },
  };
}
