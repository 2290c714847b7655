import { ErrnoError } from "../errno.js";
import type { Logger } from "../logger.js";
import type { Origin, OriginChunks, OriginFile } from "../model/origin.js";
import { OriginError } from "../model/origin-error.js";
import type { FileVersion } from "../store/store-index.js";
import { faultOf, isPassing } from "./fault.js";
import type { OriginGuard } from "./guard.js";
import { withRetries } from "./retry.js";
import { type Attempt, staggered, type Won } from "./staggered.js";
import { within } from "./within.js";

/** Where the bytes of a version can be read. */
export interface VersionSource {
  readonly guard: OriginGuard;
  readonly file: OriginFile;
}

export interface VersionReaderOptions {
  readonly version: FileVersion;
  /** The origin of the version; absent when it is not configured now. */
  readonly own: OriginGuard | undefined;
  /** Files of other origins that were proven to have the very bytes of the version, the preferred first. */
  readonly others: () => readonly VersionSource[];
  readonly log: Logger;
}

/** A source that is silent for so long has the next one asked, in milliseconds. */
const STALL_MS = 3_000;
/** With hedging: no sooner than this, in milliseconds. */
const HEDGE_MIN_MS = 20;
/** Longest that a read may take, with all its tries, in milliseconds. */
const READ_MS = 25_000;
/** How long what is known of the other sources is believed, in milliseconds. */
const KNOWN_MS = 5_000;

/**
 * Reads one version of a file from its own origin, and from the others that have the very same bytes: from the next one, at
 * the same offset, when one fails or stands still. Never any other version.
 */
export class VersionReader implements Pick<Origin, "read" | "chunks" | "checksum"> {
  readonly #options: VersionReaderOptions;
  #others: readonly VersionSource[] = [];
  #knownMs = Number.NEGATIVE_INFINITY;

  constructor(options: VersionReaderOptions) {
    this.#options = options;
    const chunks = options.own?.origin.chunks;
    if (chunks) this.chunks = chunks;
    const { checksum } = options.own?.origin ?? {};
    if (checksum) this.checksum = checksum;
  }

  /** Those of the version's own origin, where that tells chunks. */
  readonly chunks?: OriginChunks;
  /** That of the version's own origin, where its server knows one. */
  readonly checksum?: NonNullable<Origin["checksum"]>;

  /** As `Origin.read`. @throws ErrnoError EIO when there is nobody to ask. */
  read(
    _file: OriginFile,
    offsetBytes: number,
    lengthBytes: number,
    signal: AbortSignal,
    target?: Uint8Array,
  ): Promise<Uint8Array> {
    const late = () => new OriginError("unavailable", "no source answered in time");
    return within(READ_MS, late, signal, (limited) =>
      this.#readOn(
        (first) => this.#readOnce(offsetBytes, lengthBytes, limited, first ? target : undefined),
        limited,
      ),
    );
  }

  // Sources that come and go are asked for as long as there is time; those that only fail are given up.
  async #readOn(read: (first: boolean) => Promise<Uint8Array>, signal: AbortSignal): Promise<Uint8Array> {
    for (let round = 0; ; round += 1) {
      const beganMs = performance.now();
      try {
        return await withRetries(
          (number) => read(round + number === 0),
          signal,
          () => this.#noteRetry(),
        );
      } catch (error) {
        signal.throwIfAborted();
        const comesAndGoes = this.#sources().some(({ guard }) => guard.figures.gaveMs > beganMs);
        if (!comesAndGoes || !isPassing(faultOf(error))) throw error;
        this.#noteRetry();
      }
    }
  }

  /**
   * Reads what came wrong: from each source, until the bytes are right. Whoever gives wrong ones is suspect from then on.
   *
   * @returns `undefined` when all sources answered, and nobody had the right ones.
   */
  async readRight(
    offsetBytes: number,
    lengthBytes: number,
    isRight: (bytes: Uint8Array) => Promise<boolean>,
    signal: AbortSignal,
  ): Promise<Uint8Array | undefined> {
    const failed: unknown[] = [];
    for (const source of this.#sources()) {
      try {
        const { guard, file } = source;
        const bytes = await guard.origin.read(file, offsetBytes, lengthBytes, signal);
        if (await isRight(bytes)) return bytes;
        this.#suspect(source, offsetBytes);
      } catch (error) {
        signal.throwIfAborted();
        failed.push(error);
      }
    }
    if (failed.length > 0) throw worst(failed);
    return undefined;
  }

  async #readOnce(
    offsetBytes: number,
    lengthBytes: number,
    signal: AbortSignal,
    target: Uint8Array | undefined,
  ): Promise<Uint8Array> {
    const sources = this.#sources();
    const [only] = sources;
    if (!only)
      throw new ErrnoError(
        "EIO",
        `the origin '${this.#options.version.originId}' is not configured any more`,
      );
    const read =
      ({ guard, file }: VersionSource, into?: Uint8Array): Attempt<Uint8Array> =>
      (limited) =>
        guard.readOnce(file, offsetBytes, lengthBytes, limited, into);
    if (sources.length === 1) return read(only, target)(signal);
    // Twice: one that comes back while the other goes is not missed.
    const attempts = [...sources, ...sources].map((source, index) =>
      read(source, index === 0 ? target : undefined),
    );
    const patience = (index: number): number => {
      const source = index < sources.length - 1 ? sources[index] : undefined;
      return source ? patienceWith(source) : Number.POSITIVE_INFINITY;
    };
    const won = await staggered(attempts, patience, signal).catch((errors) => {
      signal.throwIfAborted();
      this.#knownMs = Number.NEGATIVE_INFINITY;
      throw worst(errors as unknown[]);
    });
    this.#learn(won, sources, offsetBytes);
    return won.value;
  }

  // Whoever answers and was right so far first; else in the order of preference.
  #sources(): VersionSource[] {
    const { own, version, others } = this.#options;
    const nowMs = performance.now();
    if (nowMs - this.#knownMs > KNOWN_MS) {
      // A handle goes on with what was proven when it was opened, whatever the catalogue says now.
      const known = others();
      if (known.length > 0) this.#others = known;
      // Where there is none, one may be found at any time.
      if (known.length > 0) this.#knownMs = nowMs;
    }
    const all = [...(own ? [{ guard: own, file: version.file }] : []), ...this.#others];
    return all.length < 2
      ? all
      : all.sort((a, b) => orderOf(a) - orderOf(b) || priorityOf(b) - priorityOf(a));
  }

  #learn({ index, silent }: Won<Uint8Array>, sources: readonly VersionSource[], offsetBytes: number): void {
    const { log } = this.#options;
    const winner = sources[index % sources.length];
    if (silent.length > 0 && sources[0]) sources[0].guard.figures.hedges += 1;
    for (const { index: other, forMs } of silent) {
      if (forMs < STALL_MS) continue;
      const reason = `it said nothing for ${Math.round(forMs)} ms while another answered`;
      sources[other % sources.length]?.guard.health.failed(new OriginError("unavailable", reason));
    }
    const preferred = [...sources].sort((a, b) => priorityOf(b) - priorityOf(a))[0];
    if (!preferred || !winner || priorityOf(winner) === priorityOf(preferred)) return;
    preferred.guard.figures.failovers += 1;
    log.debug(
      `'${winner.file.path}' at ${offsetBytes} came from origin '${winner.guard.origin.id}' instead of '${preferred.guard.origin.id}'`,
    );
  }

  #suspect({ guard, file }: VersionSource, offsetBytes: number): void {
    const { id } = guard.origin;
    guard.figures.wrongPieces += 1;
    guard.health.suspect(`its bytes at ${offsetBytes} of '${file.path}' are not those of their hash`);
    this.#options.log.warn(`origin '${id}' gave wrong bytes at ${offsetBytes} of '${file.path}'`);
  }

  #noteRetry(): void {
    this.#knownMs = Number.NEGATIVE_INFINITY;
    const [first] = this.#sources();
    if (first) first.guard.figures.retries += 1;
  }
}

function orderOf({ guard }: VersionSource): number {
  if (guard.health.isSound) return 0;
  return guard.health.state === "degraded" ? 1 : 2;
}

function priorityOf({ guard }: VersionSource): number {
  return guard.settings.priority;
}

function patienceWith({ guard }: VersionSource): number {
  const usualMs = guard.settings.hedge ? guard.figures.quantile(0.95) : undefined;
  return usualMs === undefined ? STALL_MS : Math.min(STALL_MS, Math.max(HEDGE_MIN_MS, usualMs));
}

// What may pass is worth another try, whatever the others say; of the rest the first counts.
function worst(errors: readonly unknown[]): unknown {
  const known = errors.filter((error) => error !== undefined);
  const waits = known.filter((error) => isPassing(faultOf(error)));
  return waits.find((error) => faultOf(error) !== "busy") ?? waits[0] ?? known[0];
}
