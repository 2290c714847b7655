import { Worker } from "node:worker_threads";
import type { FromStoreThread, ResultOf, StoreJob, StoreResult, ToStoreThread } from "./store-messages.js";

/** The thread outlives its last job by this, in milliseconds: it holds some 10 MB. */
const IDLE_MS = 10_000;
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 };

interface Waiting {
  resolve(result: StoreResult): void;
  reject(error: Error): void;
}

/** The thread that cuts, hashes and punches; there while it has something to do. Jobs are done one after the other. */
export class StoreThread {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #idle: NodeJS.Timeout | undefined;
  #lastId = 0;

  /** @throws what the job threw, or that the thread died. */
  run<J extends StoreJob>(job: J): Promise<ResultOf<J>> {
    clearTimeout(this.#idle);
    const worker = this.#worker ?? this.#start();
    const id = ++this.#lastId;
    return new Promise<StoreResult>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      worker.ref();
      worker.postMessage({ id, job } satisfies ToStoreThread);
    }) as Promise<ResultOf<J>>;
  }

  /** Ends the thread; jobs that it was at fail. */
  async end(): Promise<void> {
    clearTimeout(this.#idle);
    const worker = this.#worker;
    this.#worker = undefined;
    this.#failAll(new Error("the store is closed"));
    await worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(new URL("./store-worker.js", import.meta.url), {
      name: "store",
      resourceLimits: RESOURCE_LIMITS,
      execArgv: [],
      env: {},
    });
    worker.on("message", (message: FromStoreThread) => this.#hear(message));
    worker.on("error", (error) => this.#failAll(error));
    worker.on("exit", () => {
      if (this.#worker !== worker) return;
      this.#worker = undefined;
      this.#failAll(new Error("the thread of the store ended"));
    });
    this.#worker = worker;
    return worker;
  }

  #hear(message: FromStoreThread): void {
    const waiting = this.#waiting.get(message.id);
    this.#waiting.delete(message.id);
    if ("error" in message) waiting?.reject(new Error(message.error));
    else waiting?.resolve(message.result);
    if (this.#waiting.size > 0) return;
    this.#worker?.unref();
    this.#idle = setTimeout(() => void this.end(), IDLE_MS).unref();
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
