import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import type {
  ListingBatch,
  Origin,
  OriginChecksum,
  OriginChunks,
  OriginFile,
  OriginSettings,
} from "../model/origin.js";
import { OriginError } from "../model/origin-error.js";
import { OriginFigures } from "./figures.js";
import { OriginHealth, type StateChange } from "./health.js";
import { withRetries } from "./retry.js";
import { settingsOf } from "./settings.js";
import { Slots } from "./slots.js";
import { TokenBucket } from "./token-bucket.js";
import { controllerForMany, within } from "./within.js";

export interface GuardOptions {
  readonly origin: Origin;
  /** Asks whether it answers, with a deadline of its own. */
  readonly probe: (signal: AbortSignal) => Promise<void>;
  readonly onChange: (change: StateChange) => void;
  readonly log: Logger;
  /** Aborts when the daemon stops. */
  readonly signal: AbortSignal;
}

/** Longest that one piece of a listing may take, in milliseconds, or as long as a request where that is longer. */
const LISTING_MS = 120_000;
/** Longest that the size of its disk may take, in milliseconds. */
const CAPACITY_MS = 10_000;

/**
 * Stands before an origin: everything that is asked of it waits for a slot, has a deadline, is tried again where that may
 * help, is counted, and tells how the origin is. See README.md of this folder.
 */
export class OriginGuard {
  readonly health: OriginHealth;
  readonly figures = new OriginFigures();
  /** The origin behind its guard: as it is, but that all questions go through the guard. */
  readonly origin: Origin;
  /** The origin itself, for whoever wants to know how it is without help. */
  readonly bare: Origin;
  readonly #log: Logger;
  readonly #slots: Slots;
  readonly #bucket: TokenBucket;
  #settings: OriginSettings;

  constructor({ origin, probe, onChange, log, signal }: GuardOptions) {
    this.bare = origin;
    this.#log = log;
    this.#settings = settingsOf(origin);
    this.#slots = new Slots(this.#settings.concurrency);
    this.#bucket = new TokenBucket(this.#settings.bandwidth);
    const isLocal = origin.local !== undefined;
    this.health = new OriginHealth({ id: origin.id, isLocal, probe, onChange, signal });
    this.origin = this.#guarded();
  }

  get settings(): OriginSettings {
    return this.#settings;
  }

  /** Takes other settings into use; requests that are under way keep theirs. */
  configure(settings: Partial<OriginSettings>): void {
    this.#settings = { ...this.#settings, ...settings };
    this.#slots.limit = this.#settings.concurrency;
    this.#bucket.rate = this.#settings.bandwidth;
  }

  /** Reads without trying again. @throws what the origin does; `wrong` when not all bytes came. */
  readonly readOnce: Origin["read"] = (file, offsetBytes, lengthBytes, signal, target) =>
    this.health.ask(async () => {
      const leave = await this.#slots.enter(signal);
      try {
        await this.#bucket.take(lengthBytes, signal);
        return await this.#measured(file, offsetBytes, lengthBytes, signal, target);
      } finally {
        leave();
      }
    }, signal);

  async #measured(
    file: OriginFile,
    offsetBytes: number,
    lengthBytes: number,
    signal: AbortSignal,
    target: Uint8Array | undefined,
  ): Promise<Uint8Array> {
    const beganMs = performance.now();
    const tell = (what: string): void => {
      const tookMs = Math.round(performance.now() - beganMs);
      this.#log.debug(
        `origin '${this.bare.id}' ${what} at ${offsetBytes} of '${file.path}' after ${tookMs} ms`,
      );
    };
    try {
      const bytes = await this.#limited("a read", signal, (limited) =>
        this.bare.read(file, offsetBytes, lengthBytes, limited, target),
      );
      requireAll(file, offsetBytes, lengthBytes, bytes);
      this.figures.bytes += bytes.length;
      this.figures.gaveMs = performance.now();
      this.figures.took(this.figures.gaveMs - beganMs);
      tell(`gave ${bytes.length} bytes`);
      return bytes;
    } catch (error) {
      // Of a read that was given up, nobody knows how long it would have taken.
      if (!signal.aborted) {
        this.figures.errors += 1;
        this.figures.took(performance.now() - beganMs);
      }
      tell(`failed (${messageOf(error)})`);
      throw error;
    }
  }

  // An origin may be an object of any class: all else must reach the very object.
  #guarded(): Origin {
    const own: Partial<Origin> = {
      read: (file, offsetBytes, lengthBytes, signal, target) =>
        // The memory is for one request: the origin may still write to it when that failed.
        this.#retried(
          (number) =>
            this.readOnce(file, offsetBytes, lengthBytes, signal, number === 0 ? target : undefined),
          signal,
        ),
      stat: (path, signal) => this.#stat(path, signal),
      list: (signal, paths) => this.#list(signal, paths),
      ...(this.bare.chunks ? { chunks: this.#guardedChunks(this.bare.chunks) } : {}),
      ...(this.bare.checksum ? { checksum: (file, signal) => this.#checksum(file, signal) } : {}),
      ...(this.bare.capacity ? { capacity: (signal) => this.#capacity(signal) } : {}),
    };
    return new Proxy(this.bare, {
      get(target, key) {
        const guarded = own[key as keyof Origin];
        if (guarded !== undefined) return guarded;
        const value: unknown = Reflect.get(target, key, target);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  }

  #stat(path: string, signal: AbortSignal): Promise<OriginFile | undefined> {
    const look = (limited: AbortSignal) => this.bare.stat(path, limited);
    return this.#retried(
      () => this.health.ask(() => this.#slotted("a look at a file", signal, look), signal),
      signal,
    );
  }

  #checksum(file: OriginFile, signal: AbortSignal): Promise<OriginChecksum | undefined> {
    const ask = async (limited: AbortSignal) => this.bare.checksum?.(file, limited);
    return this.#retried(
      () => this.health.ask(() => this.#slotted("a checksum", signal, ask), signal),
      signal,
    );
  }

  #guardedChunks(chunks: OriginChunks): OriginChunks {
    const ask = <T>(what: string, signal: AbortSignal, work: (limited: AbortSignal) => Promise<T>) =>
      this.#retried(() => this.health.ask(() => this.#slotted(what, signal, work), signal), signal);
    return {
      manifest: (file, signal) => ask("a manifest", signal, (limited) => chunks.manifest(file, limited)),
      read: async (file, wanted, signal) => {
        const bytes = wanted.reduce((sum, { lengthBytes }) => sum + lengthBytes, 0);
        await this.#bucket.take(bytes, signal);
        const found = await ask("chunks", signal, (limited) => chunks.read(file, wanted, limited));
        this.figures.bytes += bytes;
        return found;
      },
    };
  }

  async #capacity(signal: AbortSignal) {
    const { capacity } = this.bare;
    const late = () => new OriginError("unavailable", `origin '${this.bare.id}' did not tell its size`);
    if (!capacity || this.health.state === "disconnected") throw late();
    return within(CAPACITY_MS, late, signal, (limited) => capacity.call(this.bare, limited));
  }

  // What was shown already cannot be taken back: only the begin of a listing is tried again.
  async *#list(signal: AbortSignal, paths?: readonly string[]): AsyncGenerator<ListingBatch> {
    const controller = controllerForMany();
    const forward = (): void => controller.abort(signal.reason);
    if (signal.aborted) forward();
    signal.addEventListener("abort", forward, { once: true });
    let batches: AsyncIterator<ListingBatch> | undefined;
    const next = (): Promise<IteratorResult<ListingBatch>> => {
      batches ??= this.bare.list(controller.signal, paths)[Symbol.asyncIterator]();
      const { next: ask } = batches;
      return this.health.ask(
        () => this.#slotted("a piece of a listing", signal, () => ask.call(batches), LISTING_MS),
        signal,
      );
    };
    const first = (): Promise<IteratorResult<ListingBatch>> => {
      batches = undefined;
      return next();
    };
    try {
      for (let step = await this.#retried(first, signal); !step.done; step = await next()) yield step.value;
    } finally {
      signal.removeEventListener("abort", forward);
      controller.abort(new Error("the listing has ended"));
      // One that hangs does not hold up whoever leaves.
      batches?.return?.()?.catch(() => undefined);
    }
  }

  #retried<T>(attempt: (number: number) => Promise<T>, signal: AbortSignal): Promise<T> {
    return withRetries(attempt, signal, () => {
      this.figures.retries += 1;
    });
  }

  async #slotted<T>(
    what: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
    limitMs = 0,
  ): Promise<T> {
    const leave = await this.#slots.enter(signal);
    try {
      return await this.#limited(what, signal, work, limitMs);
    } finally {
      leave();
    }
  }

  #limited<T>(
    what: string,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
    limitMs = 0,
  ): Promise<T> {
    const atMostMs = Math.max(limitMs, this.#settings.timeout);
    const late = () =>
      new OriginError("unavailable", `${what} of origin '${this.bare.id}' took longer than ${atMostMs} ms`);
    return within(atMostMs, late, signal, work);
  }
}

function requireAll(file: OriginFile, offsetBytes: number, lengthBytes: number, bytes: Uint8Array): void {
  const wanted = Math.max(0, Math.min(lengthBytes, file.sizeBytes - offsetBytes));
  if (bytes.length === wanted) return;
  throw new OriginError(
    "wrong",
    `${bytes.length} bytes came instead of ${wanted} at ${offsetBytes} of '${file.path}'`,
  );
}
