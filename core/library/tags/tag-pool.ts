import type { LocalAccess } from "../../model/origin.js";
import type { TagReading } from "./read-tags.js";
import { type TagTask, TagThread } from "./tag-thread.js";

/** One file whose tags are to be read. */
export interface TagJob {
  /** Anything; comes back with the result. */
  readonly id: number;
  /** Path below the origin's root, as the catalogue writes it. */
  readonly path: string;
  readonly sizeBytes: number;
  /** Where the worker opens the file itself; absent where its bytes come through {@link TagPoolOptions.readAt}. */
  readonly local?: LocalAccess;
}

export interface TagResult extends TagReading {
  readonly id: number;
}

/** Reads a range of a file that is not on this machine; fewer bytes only where the file ends. */
export type ReadJobAt = (
  job: TagJob,
  offsetBytes: number,
  lengthBytes: number,
  signal: AbortSignal,
) => Promise<Uint8Array>;

export interface TagPoolLimits {
  /** Worker threads; more than two read hardly faster. */
  readonly workers: number;
  /** How long one file may take before its worker is ended. */
  readonly timeoutMs: number;
}

/** @default 2 workers, 10 000 ms */
export interface TagPoolOptions extends Partial<TagPoolLimits> {
  /** How long a worker stays when there is nothing to do. @default 5 000 */
  readonly idleMs?: number;
  /** Whether tags shall have lyrics. @default false */
  readonly lyrics?: boolean;
  /** Needed for jobs without `local`. Called with at most 64 KiB, within the file's size. */
  readonly readAt?: ReadJobAt;
}

/** Reads tags in worker threads, which start when they are needed and end when they are not. */
export interface TagPool {
  /**
   * Reads the tags of files; the results are in the order of the jobs, one for each. Several calls may be
   * under way: they share the workers, first come, first served.
   *
   * A file never makes it reject: one that takes too long, takes too much memory or ends its worker is a
   * result with that problem, and the others go on in a new worker.
   *
   * @throws `signal.reason`, or an error when the pool is closed.
   */
  read(jobs: readonly TagJob[], signal: AbortSignal): Promise<TagResult[]>;
  /** Changes how many workers there are, and how long a file may take; what is under way goes on. */
  configure(limits: TagPoolLimits): void;
  /** Ends all workers; what is under way rejects. */
  close(): Promise<void>;
}

export function createTagPool(options: TagPoolOptions = {}): TagPool {
  return new WorkerTagPool(options);
}

/** Jobs that go to a worker in one message. */
const TASK_JOBS = 32;

interface Request {
  readonly results: (TagResult | undefined)[];
  missing: number;
  settle(error?: unknown): void;
}

class WorkerTagPool implements TagPool {
  readonly #threads: TagThread[] = [];
  readonly #queue: TagTask[] = [];
  readonly #requests = new Set<Request>();
  readonly #closed = new AbortController();

  readonly #idleMs: number;
  readonly #readAt: ReadJobAt;
  readonly #lyrics: boolean;
  #limits: TagPoolLimits;

  constructor({
    workers = 2,
    timeoutMs = 10_000,
    idleMs = 5_000,
    lyrics = false,
    readAt = refuseToRead,
  }: TagPoolOptions) {
    this.#idleMs = idleMs;
    this.#readAt = readAt;
    this.#lyrics = lyrics;
    this.#limits = { workers, timeoutMs };
    this.configure(this.#limits);
  }

  // A thread too many takes nothing more, and ends like any that has nothing to do.
  configure(limits: TagPoolLimits): void {
    this.#limits = limits;
    while (this.#threads.length < limits.workers) this.#threads.push(this.#thread(this.#threads.length));
    for (const thread of this.#threads) thread.wake();
  }

  async read(jobs: readonly TagJob[], signal: AbortSignal): Promise<TagResult[]> {
    const either = AbortSignal.any([signal, this.#closed.signal]);
    either.throwIfAborted();
    if (jobs.length === 0) return [];
    return new Promise((resolve, reject) => {
      const abort = () => request.settle(either.reason);
      const request: Request = {
        results: new Array(jobs.length),
        missing: jobs.length,
        settle: (error) => {
          either.removeEventListener("abort", abort);
          this.#requests.delete(request);
          if (request.missing === 0) resolve(request.results as TagResult[]);
          else reject(error);
        },
      };
      either.addEventListener("abort", abort, { once: true });
      this.#requests.add(request);
      this.#enqueue(jobs, request, either);
    });
  }

  async close(): Promise<void> {
    this.#closed.abort(new Error("the tag pool is closed"));
    this.#queue.length = 0;
    await Promise.all(this.#threads.map((thread) => thread.end()));
  }

  #enqueue(jobs: readonly TagJob[], request: Request, signal: AbortSignal): void {
    // A small request, too, is shared out among the workers.
    const size = Math.min(TASK_JOBS, Math.ceil(jobs.length / this.#limits.workers));
    for (let from = 0; from < jobs.length; from += size) {
      const slots = jobs.slice(from, from + size).map((job, index) => ({ job, index: from + index }));
      const done = (index: number, result: TagResult) => {
        if (request.results[index]) return;
        request.results[index] = result;
        if (--request.missing === 0) request.settle();
      };
      this.#queue.push({ slots, signal, done });
    }
    for (const thread of this.#threads) thread.wake();
  }

  #thread(index: number): TagThread {
    const limits = (): TagPoolLimits => this.#limits;
    return new TagThread({
      get timeoutMs() {
        return limits().timeoutMs;
      },
      idleMs: this.#idleMs,
      lyrics: this.#lyrics,
      readAt: this.#readAt,
      next: () => (index < limits().workers ? this.#nextTask() : undefined),
    });
  }

  #nextTask(): TagTask | undefined {
    for (;;) {
      const task = this.#queue.shift();
      if (!task?.signal.aborted) return task;
    }
  }
}

async function refuseToRead(job: TagJob): Promise<Uint8Array> {
  throw new Error(`nothing was given to read "${job.path}" with`);
}
