import { Worker } from "node:worker_threads";
import { BLOCK_BYTES } from "./block-reader.js";
import { NO_TICKET, type TagWorkerData, TIMED_OUT, type ToPool, type ToWorker } from "./tag-messages.js";
import type { ReadJobAt, TagJob, TagResult } from "./tag-pool.js";
import { type TagProblem, tagProblem } from "./tag-problem.js";
import { NO_TAGS } from "./track-tags.js";

export interface TagSlot {
  readonly job: TagJob;
  /** The job's place among those of its request. */
  readonly index: number;
}

/** Jobs that a thread takes at a time. */
export interface TagTask {
  readonly slots: readonly TagSlot[];
  readonly signal: AbortSignal;
  done(index: number, result: TagResult): void;
}

export interface TagThreadOptions {
  readonly timeoutMs: number;
  readonly idleMs: number;
  readonly lyrics: boolean;
  readonly readAt: ReadJobAt;
  /** What to do next; `undefined` when there is nothing. */
  next(): TagTask | undefined;
}

/** One task waits in the worker while another is worked at, so that it never waits for the main thread. */
const TASKS_AHEAD = 2;
/** Parsing takes a few MB; a file that takes this much is hostile. Buffers are bounded by the tokenizer. */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8, stackSizeMb: 4 };
/** How often a task may lose its worker without a file to blame before the first one left is blamed. */
const UNEXPLAINED_DEATHS = 2;

interface Work {
  readonly task: TagTask;
  readonly firstTicket: number;
  readonly slots: readonly TagSlot[];
  /** Indices into `slots` that have no result yet. */
  readonly missing: Set<number>;
}

/** A place for one worker at a time: starts it, feeds it, watches over it, and replaces it when it dies. */
export class TagThread {
  readonly #options: TagThreadOptions;
  readonly #works: Work[] = [];
  readonly #ranges = new Set<AbortController>();
  /** When the first range of a job was asked for, by its ticket. */
  readonly #startedMs = new Map<number, number>();
  #worker: Worker | undefined;
  #progress = new Int32Array(new SharedArrayBuffer(4));
  #nextTicket = 0;
  #seenTicket = NO_TICKET;
  #seenSinceMs = 0;
  #watch: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  /** Why the worker ends, and through which job where that is known already. */
  #verdict: { readonly problem: TagProblem; readonly ticket?: number } | undefined;
  #unexplainedDeaths = 0;
  #ended = false;

  constructor(options: TagThreadOptions) {
    this.#options = options;
  }

  /** Takes what there is to do, if there is room. */
  wake(): void {
    while (!this.#ended && !this.#verdict && this.#works.length < TASKS_AHEAD) {
      const task = this.#options.next();
      if (!task) break;
      this.#give(task, task.slots);
    }
    if (this.#works.length === 0) this.#rest();
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#works.length = 0;
    this.#rest();
    clearTimeout(this.#idle);
    await this.#worker?.terminate();
  }

  #give(task: TagTask, slots: readonly TagSlot[]): void {
    const worker = this.#worker ?? this.#start();
    const firstTicket = this.#nextTicket;
    this.#nextTicket += slots.length;
    this.#works.push({ task, firstTicket, slots, missing: new Set(slots.keys()) });
    this.#busy(worker);
    send(worker, { kind: "batch", firstTicket, jobs: slots.map(({ job }) => job) });
  }

  #start(): Worker {
    this.#progress = new Int32Array(new SharedArrayBuffer(4)).fill(NO_TICKET);
    this.#nextTicket = 0;
    this.#verdict = undefined;
    const { lyrics } = this.#options;
    const workerData: TagWorkerData = { progress: this.#progress.buffer, lyrics };
    const worker = new Worker(new URL("./tag-worker.js", import.meta.url), {
      workerData,
      resourceLimits: RESOURCE_LIMITS,
      // Neither flags nor variables of the daemon may make a parser print or inspect.
      execArgv: [],
      env: {},
    });
    worker.on("message", (message: ToPool) => this.#hear(worker, message));
    worker.on("error", (error: NodeJS.ErrnoException) => this.#explain(error));
    worker.on("exit", () => this.#died(worker));
    this.#worker = worker;
    return worker;
  }

  #hear(worker: Worker, message: ToPool): void {
    if (message.kind === "read-range") {
      void this.#readRange(worker, message);
      return;
    }
    const work = this.#workOf(message.firstTicket);
    if (!work) return;
    for (const [index, result] of message.results.entries())
      this.#settle(work, message.firstTicket + index, result);
    this.#unexplainedDeaths = 0;
    if (work.missing.size > 0) return;
    this.#works.splice(this.#works.indexOf(work), 1);
    this.wake();
  }

  #settle(work: Work, ticket: number, result: TagResult): void {
    const slot = work.slots[ticket - work.firstTicket];
    work.missing.delete(ticket - work.firstTicket);
    this.#startedMs.delete(ticket);
    if (slot) work.task.done(slot.index, result);
  }

  #workOf(ticket: number): Work | undefined {
    return this.#works.find(
      ({ firstTicket, slots }) => ticket >= firstTicket && ticket < firstTicket + slots.length,
    );
  }

  async #readRange(worker: Worker, message: ToPool & { kind: "read-range" }): Promise<void> {
    const { ticket, rangeId, offsetBytes, lengthBytes } = message;
    const work = this.#workOf(ticket);
    const job = work?.slots[ticket - work.firstTicket]?.job;
    if (!work || !job || lengthBytes > BLOCK_BYTES || offsetBytes + lengthBytes > job.sizeBytes) return;
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(this.#tooLong()), this.#leftMs(ticket));
    this.#ranges.add(stop);
    try {
      const signal = AbortSignal.any([stop.signal, work.task.signal]);
      const bytes = await abortable(this.#options.readAt(job, offsetBytes, lengthBytes, signal), signal);
      send(worker, { kind: "range", rangeId, bytes });
    } catch (error) {
      const { code = "EIO", message: reason = String(error) } = error as NodeJS.ErrnoException;
      send(worker, { kind: "range-failed", rangeId, code: String(code), message: reason });
    } finally {
      clearTimeout(timer);
      this.#ranges.delete(stop);
    }
  }

  // What a file of an origin elsewhere has left of its time, which begins with the first range of it.
  #leftMs(ticket: number): number {
    const nowMs = performance.now();
    const sinceMs = this.#startedMs.get(ticket) ?? nowMs;
    this.#startedMs.set(ticket, sinceMs);
    return Math.max(0, sinceMs + this.#options.timeoutMs - nowMs);
  }

  #tooLong(): Error {
    const error = new Error(`reading it took longer than ${this.#options.timeoutMs} ms`);
    return Object.assign(error, { code: TIMED_OUT });
  }

  /** Looks whether the worker has moved on; it need not tell the time for that. */
  #look(): void {
    const ticket = Atomics.load(this.#progress, 0);
    const nowMs = performance.now();
    if (ticket !== this.#seenTicket || ticket === NO_TICKET) {
      this.#seenTicket = ticket;
      this.#seenSinceMs = nowMs;
    } else if (nowMs - this.#seenSinceMs >= this.#options.timeoutMs && !this.#verdict) {
      const problem = tagProblem("timeout", this.#tooLong().message);
      this.#verdict = { problem, ticket };
      void this.#worker?.terminate();
    }
  }

  #explain(error: NodeJS.ErrnoException): void {
    const isMemory = error.code === "ERR_WORKER_OUT_OF_MEMORY";
    const problem = isMemory
      ? tagProblem(
          "out-of-memory",
          `reading it took more than ${RESOURCE_LIMITS.maxOldGenerationSizeMb} MB of memory`,
        )
      : tagProblem("crashed", `reading it ended the worker: ${error.message}`);
    this.#verdict ??= { problem };
  }

  #died(worker: Worker): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    this.#startedMs.clear();
    for (const stop of this.#ranges) stop.abort(new Error("the reading of its tags was ended"));
    const { problem = tagProblem("crashed", "the worker ended while it read it"), ticket } =
      this.#verdict ?? {};
    this.#blame(problem, ticket ?? Atomics.load(this.#progress, 0));
    this.#verdict = undefined;
    this.#seenTicket = NO_TICKET;
    // What was read but not yet told is read again.
    const left = this.#works
      .splice(0)
      .filter(({ task, missing }) => missing.size > 0 && !task.signal.aborted);
    for (const { task, slots, missing } of left) {
      this.#give(
        task,
        slots.filter((_, index) => missing.has(index)),
      );
    }
    this.wake();
  }

  #blame(problem: TagProblem, at: number): void {
    const isExplained = at !== NO_TICKET || ++this.#unexplainedDeaths > UNEXPLAINED_DEATHS;
    const first = this.#works.find(({ missing }) => missing.size > 0);
    if (!isExplained || !first) return;
    const [firstMissing = 0] = first.missing;
    const ticket = at === NO_TICKET ? first.firstTicket + firstMissing : at;
    const work = this.#workOf(ticket);
    const slot = work?.slots[ticket - work.firstTicket];
    if (!work || !slot) return;
    this.#settle(work, ticket, { id: slot.job.id, tags: NO_TAGS, audio: { format: "" }, problem });
  }

  #busy(worker: Worker): void {
    worker.ref();
    clearTimeout(this.#idle);
    this.#idle = undefined;
    if (this.#watch) return;
    this.#seenTicket = NO_TICKET;
    const everyMs = Math.max(5, Math.min(1000, this.#options.timeoutMs / 4));
    this.#watch = setInterval(() => this.#look(), everyMs).unref();
  }

  #rest(): void {
    clearInterval(this.#watch);
    this.#watch = undefined;
    this.#worker?.unref();
    if (this.#ended || !this.#worker) return;
    this.#idle ??= setTimeout(() => this.#retire(), this.#options.idleMs).unref();
  }

  #retire(): void {
    this.#idle = undefined;
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
  }
}

function send(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}

/** Settles with `promise`, or with the signal's reason, whatever comes first. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
