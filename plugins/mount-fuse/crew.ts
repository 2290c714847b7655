import { Worker } from "node:worker_threads";
import { type MountSession, MusicfsError } from "musicfs";
import { createDeferred } from "./deferred.js";
import type { WorkerInput, WorkerMessage } from "./messages.js";

export interface CrewOptions {
  readonly size: number;
  /** What every worker is started with, but for its number. */
  readonly input: Omit<WorkerInput, "number">;
  readonly received: (message: WorkerMessage) => void;
  /** A worker died; another takes its place, unless too many did. */
  readonly died: (number: number, error: unknown) => void;
  readonly log: MountSession["log"];
}

/** Memory of a worker's JavaScript, in MiB: it holds rows of one answer at a time. */
const HEAP_MIB = { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 3 } as const;
/** So many workers in so long are replaced; more is a fault that replacing does not mend. */
const REPLACEMENTS = { count: 5, windowMs: 60_000 } as const;

/** The FUSE workers of a mount. */
export class Crew {
  /** Resolves when one has opened the VFS, and can answer; rejects when the first to try could not. */
  readonly ready: Promise<void>;
  /** Resolves when no worker is left. */
  readonly gone: Promise<void>;
  readonly #options: CrewOptions;
  readonly #ready = createDeferred<void>();
  readonly #gone = createDeferred<void>();
  readonly #deaths: number[] = [];
  #isReady = false;
  #alive = 0;
  #isLeaving = false;

  constructor(options: CrewOptions) {
    this.#options = options;
    this.ready = this.#ready.promise;
    this.gone = this.#gone.promise;
    for (let number = 1; number <= options.size; number += 1) this.#start(number);
  }

  // Descriptors belong to all workers: none may be closed because the worker that opened it has left.
  #start(number: number): void {
    const worker = new Worker(new URL("./worker.js", import.meta.url), {
      workerData: { ...this.#options.input, number } satisfies WorkerInput,
      name: `fuse-${number}`,
      resourceLimits: HEAP_MIB,
      trackUnmanagedFds: false,
      execArgv: [],
    });
    this.#alive += 1;
    let hasLeft = false;
    let cause: unknown;
    worker.on("message", (message: WorkerMessage) => {
      if (message.kind === "ready") {
        this.#isReady = true;
        this.#ready.resolve();
      }
      if (message.kind === "left") {
        hasLeft = true;
        this.#isLeaving = true;
      }
      this.#options.received(message);
    });
    worker.once("error", (error) => {
      cause = error;
    });
    worker.once("exit", (code) => {
      if (!hasLeft) this.#bury(number, cause ?? new Error(`exit code ${code}`));
      this.#alive -= 1;
      if (this.#alive === 0) this.#gone.resolve();
    });
  }

  #bury(number: number, cause: unknown): void {
    if (!this.#isReady) {
      this.#ready.reject(
        new MusicfsError("MFS_MOUNT_FAILED", `a FUSE worker could not start: ${cause}`, { cause }),
      );
      return;
    }
    this.#options.died(number, cause);
    const now = performance.now();
    this.#deaths.push(now);
    const recent = this.#deaths.filter((time) => now - time < REPLACEMENTS.windowMs).length;
    if (this.#isLeaving) return;
    if (recent <= REPLACEMENTS.count) this.#start(number);
    else this.#options.log.warn(`FUSE worker ${number} is not replaced: ${recent} died within a minute`);
  }
}
