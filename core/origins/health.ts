import { createBackoff } from "../backoff.js";
import { messageOf } from "../errors.js";
import { OriginError } from "../model/origin-error.js";
import { settledBy } from "../settled-by.js";
import { Breaker, type BreakerState } from "./breaker.js";
import { faultOf, isOfOrigin } from "./fault.js";
import { retryAfterOf } from "./retry.js";
import { StateTeller } from "./state-teller.js";
import { Trouble } from "./trouble.js";

/**
 * How an origin is. `degraded`: it is asked, but it is busy, errs often, or gave bytes that were wrong. `disconnected`: it does
 * not answer. `auth`: it refuses us, or is not who it should be, and is only asked again now and then.
 */
export type OriginState = "connected" | "degraded" | "disconnected" | "auth";

export interface HealthOptions {
  readonly id: string;
  /** Whether one failure is enough to leave it alone: a disk that fails once will not mend itself in a moment. */
  readonly isLocal: boolean;
  /** Asks whether it answers, with a deadline of its own. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
  readonly onChange: (change: StateChange) => void;
  /** Aborts when the daemon stops. */
  readonly signal: AbortSignal;
}

export interface StateChange {
  readonly before: OriginState;
  readonly state: OriginState;
  /** What failed, in words. */
  readonly error: string | undefined;
}

const REMOTE_LIMITS = { failures: 3, successes: 2 };
const LOCAL_LIMITS = { failures: 1, successes: 2 };
/** Time between two looks at an origin that is well, in milliseconds. */
const EVERY_MS = 30_000;
const EVERY_JITTER = 0.2;
/** After a look that failed the origin is not looked at again for as long as that took, and so long at most, in milliseconds. */
const REST_MAX_MS = 10_000;

/** Knows how one origin is: by what it answers, and by looking at it when nobody asks it anything. */
export class OriginHealth {
  readonly #options: HealthOptions;
  readonly #breaker: Breaker;
  readonly #teller: StateTeller;
  readonly #trouble = new Trouble();
  readonly #soon = createBackoff({ firstMs: 250, maxMs: EVERY_MS });
  /** A wrong password again and again locks an account: the looks become rare. */
  readonly #seldom = createBackoff({ firstMs: 60_000, maxMs: 600_000 });
  #isShutOut = false;
  #error: string | undefined;
  #busyUntilMs = 0;
  #restUntilMs = 0;
  #answeredMs = Number.NEGATIVE_INFINITY;
  #clearedMs = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: HealthOptions) {
    this.#options = options;
    this.#breaker = new Breaker(options.isLocal ? LOCAL_LIMITS : REMOTE_LIMITS);
    this.#teller = new StateTeller(options.onChange);
    options.signal.addEventListener("abort", () => this.#stop(), { once: true });
  }

  get state(): OriginState {
    if (this.#isShutOut) return "auth";
    if (this.#breaker.state !== "closed") return "disconnected";
    return this.#busyUntilMs > performance.now() || this.#trouble.isGreat ? "degraded" : "connected";
  }

  get breaker(): BreakerState {
    return this.#breaker.state;
  }

  /** What failed last, in words; `undefined` while it is connected. */
  get error(): string | undefined {
    return this.state === "connected" ? undefined : this.#error;
  }

  /** Whether it is worth asking before others: it answers, and its bytes were right. */
  get isSound(): boolean {
    return this.state === "connected" || (this.state === "degraded" && !this.#trouble.isSuspect);
  }

  /** Begins to look at it from time to time. */
  begin(): void {
    this.#schedule();
  }

  /**
   * Does something with the origin, and learns from how that goes. One that does not answer is looked at first, once for all
   * who want something of it.
   *
   * @throws what `work` does, or an {@link OriginError} when the origin is left alone.
   */
  async ask<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#admit(signal);
    try {
      const result = await work();
      this.succeeded();
      return result;
    } catch (error) {
      if (!signal.aborted) this.failed(error);
      throw error;
    }
  }

  succeeded(): void {
    this.#answeredMs = performance.now();
    this.#breaker.succeeded();
    this.#isShutOut = false;
    this.#trouble.add(false);
    if (this.#breaker.state === "closed") this.#soon.reset();
    this.#seldom.reset();
    this.#tell();
  }

  failed(error: unknown): void {
    const fault = faultOf(error);
    if (fault === "changed" || fault === "missing" || fault === "file") return;
    const before: BreakerState = this.#breaker.state;
    this.#error = messageOf(error);
    if (fault === "busy") this.#busyUntilMs = performance.now() + retryAfterOf(error);
    if (isOfOrigin(fault)) this.#breaker.failed();
    if (isOfOrigin(fault)) this.#trouble.add(true);
    if (fault === "refused" || fault === "untrusted") this.#refused();
    if (before !== this.breaker) this.#schedule();
    this.#tell();
  }

  /** It gave bytes that were not what their hash says. */
  suspect(reason: string): void {
    this.#error = reason;
    this.#trouble.suspect();
    this.#tell();
  }

  /** Looks whether it answers; whoever comes while somebody looks waits for that. @throws why it does not, or `signal.reason`. */
  look(signal: AbortSignal): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
      this.#schedule();
    });
    return settledBy(this.#looking, signal);
  }

  async #look(): Promise<void> {
    const beganMs = performance.now();
    try {
      await this.#options.probe(this.#options.signal);
      this.#restUntilMs = 0;
      this.succeeded();
    } catch (error) {
      const nowMs = performance.now();
      this.#restUntilMs = nowMs + Math.min(REST_MAX_MS, nowMs - beganMs);
      if (!this.#options.signal.aborted) this.#lookFailed(error);
      throw error;
    }
  }

  #lookFailed(error: unknown): void {
    const fault = faultOf(error);
    const isRefusal = fault === "refused" || fault === "untrusted";
    if (isRefusal) this.#isShutOut = true;
    // Whatever it was that was refused before, this is no answer to it.
    else this.#isShutOut = false;
    this.failed(error);
  }

  async #admit(signal: AbortSignal): Promise<void> {
    const { id } = this.#options;
    const nowMs = performance.now();
    if (this.#isShutOut) throw this.#left("refused", `origin '${id}' refuses us`);
    if (this.#busyUntilMs > nowMs) {
      const retryAfterMs = this.#busyUntilMs - nowMs;
      throw new OriginError("busy", `origin '${id}' asked to be left alone`, { retryAfterMs });
    }
    if (this.#breaker.state === "closed") return;
    if (nowMs < this.#restUntilMs) throw this.#left("unavailable", `origin '${id}' does not answer`);
    await this.look(signal).catch((error) => {
      signal.throwIfAborted();
      const fault = faultOf(error);
      if (fault !== "missing" && fault !== "changed" && fault !== "file") throw error;
    });
  }

  #left(kind: "refused" | "unavailable", what: string): OriginError {
    return new OriginError(kind, `${what}, and is left alone for a while: ${this.#error}`);
  }

  // It may be this one file that is refused: a look tells. Nobody else is let in until then.
  #refused(): void {
    if (this.#isShutOut || performance.now() - this.#clearedMs < EVERY_MS) return;
    this.#isShutOut = true;
    this.look(this.#options.signal)
      .then(() => {
        this.#clearedMs = performance.now();
      })
      .catch(() => undefined);
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#options.signal.aborted) return;
    this.#timer = setTimeout(() => this.#due(), this.#nextMs()).unref();
  }

  #due(): void {
    const isInUse = performance.now() - this.#answeredMs < EVERY_MS / 2;
    if (this.state === "connected" && isInUse) this.#schedule();
    else this.look(this.#options.signal).catch(() => undefined);
  }

  #nextMs(): number {
    if (this.#isShutOut) return this.#seldom.next();
    if (this.#breaker.state !== "closed") return this.#soon.next();
    return EVERY_MS * (1 + (Math.random() * 2 - 1) * EVERY_JITTER);
  }

  #tell(): void {
    this.#teller.tell(this.state, this.error);
  }

  #stop(): void {
    clearTimeout(this.#timer);
    this.#teller.stop();
  }
}
