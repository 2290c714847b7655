import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import type { LibraryOrigin } from "./library-origin.js";

/** How an origin's changes are noticed: as they happen, by listing it again and again, or only when asked to. */
export type FollowMode = "watch" | "poll" | "rescan";

/** How often an origin is listed that does not say how often, in milliseconds. */
const DEFAULT_POLL_MS = 900_000;
/** How often one is listed that is watched: what overflows the system's queue is told to nobody. */
const WATCHED_POLL_MS = 86_400_000;
/** Part of a time that is added to it or taken from it, so that many instances do not list at once. */
const JITTER = 0.1;
/** Time between two tries to watch, and longest sleep between two looks at what is due, in milliseconds. */
const RETRY_MS = 60_000;
/** Longest that a first listing waits for the watch, in milliseconds. */
const START_WAIT_MS = 3_000;

export interface FollowerOptions {
  readonly source: LibraryOrigin;
  readonly log: Logger;
  /** Looks at paths of the origin; at everything where there are none. */
  readonly look: (paths: readonly string[] | undefined, signal: AbortSignal) => Promise<void>;
  /** Milliseconds until a look at everything can release a removal that is held; `undefined` when none is. */
  readonly releasableInMs: () => number | undefined;
}

/** Notices the changes of one origin, for as long as the daemon runs. */
export class Follower {
  readonly #options: FollowerOptions;
  #mode: FollowMode = "rescan";
  #hasMissed = false;
  #lastReason: string | undefined;
  #lookedMs = performance.now();
  #jitter = jitter();
  #resolveStarted: () => void = () => undefined;
  readonly #started = new Promise<void>((resolve) => {
    this.#resolveStarted = resolve;
  });

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  get mode(): FollowMode {
    return this.#mode;
  }

  /** Runs until `signal` aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const failed = (error: unknown): void => {
      if (!signal.aborted)
        this.#options.log.error(`following origin '${this.#id}' failed: ${messageOf(error)}`);
    };
    await Promise.all([this.#keepWatching(signal).catch(failed), this.#keepPolling(signal).catch(failed)]);
    this.#resolveStarted();
  }

  /**
   * Waits until a first listing misses nothing that happens after it began: until the origin is watched, or it
   * is clear that it is not. Where that takes long the listing is done twice.
   */
  async beforeListing(signal: AbortSignal): Promise<void> {
    const waited = new AbortController();
    const either = AbortSignal.any([signal, waited.signal]);
    const late = delay(START_WAIT_MS, true, { signal: either }).catch(() => false);
    if ((await Promise.race([this.#started, late])) === true) this.#hasMissed = true;
    waited.abort();
    signal.throwIfAborted();
  }

  get #id(): string {
    return this.#options.source.origin.id;
  }

  async #keepWatching(signal: AbortSignal): Promise<void> {
    const { origin } = this.#options.source;
    for (;;) {
      const reason = origin.watch ? await this.#watch(origin.watch(signal), signal) : undefined;
      this.#mode = this.#pollMs() > 0 ? "poll" : "rescan";
      this.#resolveStarted();
      if (reason === undefined) return;
      this.#explain(reason);
      await delay(RETRY_MS * jitter(), undefined, { signal });
    }
  }

  // Resolves to why the watch ended.
  async #watch(changes: ReturnType<NonNullable<LibraryOrigin["origin"]["watch"]>>, signal: AbortSignal) {
    let isWatched = false;
    try {
      for await (const { paths } of changes) {
        if (!isWatched) {
          isWatched = true;
          await this.#begin(signal);
        }
        if (paths.length > 0) await this.#options.look(paths, signal);
      }
      return "its watch ended";
    } catch (error) {
      if (signal.aborted) throw error;
      // What is true of the origin now, only a listing can tell.
      if (isWatched) await this.#lookAtAll(signal);
      return messageOf(error);
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    if (this.#lastReason !== undefined) this.#options.log.info(`origin '${this.#id}' is watched again`);
    this.#lastReason = undefined;
    this.#mode = "watch";
    this.#resolveStarted();
    if (this.#hasMissed) await this.#lookAtAll(signal);
    // Whatever happens between the end of this watch and the next one.
    this.#hasMissed = true;
  }

  #explain(reason: string): void {
    if (reason === this.#lastReason) return;
    this.#lastReason = reason;
    const instead =
      this.#mode === "poll" ? `listed every ${Math.round(this.#pollMs() / 1000)} s` : "not followed";
    this.#options.log.warn(`origin '${this.#id}' cannot be watched, and is ${instead}: ${reason}`);
  }

  async #keepPolling(signal: AbortSignal): Promise<void> {
    for (;;) {
      const waitMs = this.#dueInMs();
      await delay(Math.min(waitMs, RETRY_MS), undefined, { signal });
      if (this.#dueInMs() <= 0) await this.#lookAtAll(signal);
    }
  }

  async #lookAtAll(signal: AbortSignal): Promise<void> {
    await this.#options.look(undefined, signal);
    this.#lookedMs = performance.now();
    this.#jitter = jitter();
  }

  #dueInMs(): number {
    const sinceMs = performance.now() - this.#lookedMs;
    const pollMs = this.#mode === "watch" ? WATCHED_POLL_MS : this.#pollMs();
    const poll = pollMs > 0 ? pollMs * this.#jitter - sinceMs : Number.POSITIVE_INFINITY;
    const release = this.#options.releasableInMs();
    return release === undefined ? poll : Math.min(poll, Math.max(release, RETRY_MS - sinceMs));
  }

  #pollMs(): number {
    const { origin, guard } = this.#options.source;
    const given = origin.settings && (guard?.settings ?? origin.settings).pollInterval;
    return given ?? origin.pollIntervalMs ?? DEFAULT_POLL_MS;
  }
}

function jitter(): number {
  return 1 + (Math.random() * 2 - 1) * JITTER;
}
