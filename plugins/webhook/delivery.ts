import { createBackoff, type HttpAnswer, type Logger, MusicfsError, sendRequest, serverOf } from "musicfs";
import type { EventQueue, NextEvent } from "./queue.js";
import { signedHeaders } from "./signature.js";

export interface DeliveryOptions {
  readonly queue: EventQueue;
  readonly log: Logger;
  readonly timeoutMs: number;
  /** Events that are older are given up, in milliseconds. */
  readonly maxAgeMs: number;
  /** Read anew for each attempt. */
  readonly readUrl: () => Promise<string>;
  readonly readSecret: () => Promise<string>;
}

/** The receiver has the event, will never take it, or is to be asked again. */
type Outcome =
  | "delivered"
  | "refused"
  | { readonly problem: string; readonly retryAfterMs?: number | undefined };

const RETRY = { firstMs: 1_000, maxMs: 300_000 } as const;
const MAX_RETRY_AFTER_MS = 3_600_000;
/** What says that this very message is wrong, and would be wrong the next time, too. */
const REFUSALS: readonly number[] = [400, 413, 415, 422];

/** Sends the events of a queue, one after the other, each until the receiver has it. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #stopped = new AbortController();
  readonly #backoff = createBackoff(RETRY);
  #wake: () => void = () => undefined;
  #ended: Promise<void> = Promise.resolve();
  #problem: string | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
  }

  /** Whether the receiver did not answer the last time. */
  get isFailing(): boolean {
    return this.#problem !== undefined;
  }

  start(): void {
    this.#ended = this.#run();
  }

  /** There is a new event. */
  wake(): void {
    if (!this.isFailing) this.#wake();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    this.#wake();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const { queue, log } = this.#options;
    while (!this.#stopped.signal.aborted) {
      try {
        const event = await queue.next();
        await this.#sleep(event ? await this.#send(event) : undefined);
      } catch (error) {
        if (this.#stopped.signal.aborted) return;
        log.error(`the webhook's queue failed: ${(error as Error).message}`);
        await this.#sleep(this.#backoff.next());
      }
    }
  }

  /** @returns how long to wait before the next attempt, in milliseconds. */
  async #send(event: NextEvent): Promise<number> {
    const { queue, log } = this.#options;
    if (isOlderThan(event, this.#options.maxAgeMs)) {
      log.warn(`event ${event.id} is given up: nobody took it in time`);
      await queue.done(event.sequence);
      return 0;
    }
    const outcome = await this.#attempt(event);
    if (typeof outcome === "object") return this.#failed(outcome);
    if (outcome === "refused") log.warn(`the receiver refused event ${event.id}; it is left out`);
    if (this.isFailing) log.info("the receiver answers again");
    this.#problem = undefined;
    this.#backoff.reset();
    await queue.done(event.sequence);
    return 0;
  }

  async #attempt({ id, body }: NextEvent): Promise<Outcome> {
    const { signal } = this.#stopped;
    try {
      const signature = signedHeaders(await this.#options.readSecret(), id, body, Date.now());
      const url = await this.#options.readUrl();
      const headers = { "content-type": "application/json", "user-agent": "musicfs", ...signature };
      const { timeoutMs } = this.#options;
      return outcomeOf(url, await sendRequest({ url, method: "POST", headers, body, timeoutMs }, signal));
    } catch (error) {
      if (signal.aborted || !(error instanceof MusicfsError)) throw error;
      return { problem: error.message };
    }
  }

  #failed({ problem, retryAfterMs = 0 }: Exclude<Outcome, string>): number {
    const waitMs = Math.max(this.#backoff.next(), Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
    if (problem !== this.#problem) {
      const { size } = this.#options.queue;
      this.#options.log.warn(
        `${problem}; ${size} events wait, the next attempt is in ${Math.ceil(waitMs / 1000)} s`,
      );
    }
    this.#problem = problem;
    return waitMs;
  }

  #sleep(waitMs: number | undefined): Promise<void> | undefined {
    if (waitMs === 0 || this.#stopped.signal.aborted) return undefined;
    return new Promise((resolve) => {
      const timer = waitMs === undefined ? undefined : setTimeout(resolve, waitMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function outcomeOf(url: string, { status, retryAfterMs }: HttpAnswer): Outcome {
  if (status >= 200 && status < 300) return "delivered";
  if (REFUSALS.includes(status)) return "refused";
  return { problem: `POST ${serverOf(url)}: HTTP status ${status}`, retryAfterMs };
}

function isOlderThan({ body }: NextEvent, maxAgeMs: number): boolean {
  const { timestamp } = JSON.parse(body) as { timestamp: string };
  return Date.now() - Date.parse(timestamp) > maxAgeMs;
}
