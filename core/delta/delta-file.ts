import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import type { OriginChecksum, OriginChunks, OriginFile } from "../model/origin.js";
import { settledBy } from "../settled-by.js";
import type { ContentStore } from "../store/content-store.js";
import type { FileVersion } from "../store/store-index.js";
import { findChunks } from "./chunk-donor.js";
import type { OriginReads } from "./delta.js";
import { audioDonor, type Donor } from "./donor.js";
import { FetchedVersion, HeadersTooLongError } from "./fetched-version.js";
import { findEarlier } from "./find-earlier.js";
import { findGraft, NoGraftError } from "./graft.js";
import type { ByteRange, StoredVersion } from "./stored-version.js";

export interface DeltaOptions {
  readonly store: ContentStore;
  /** Places in which the audio of two versions is compared; with 0 only a checksum proves anything. */
  readonly samples: number;
  readonly log: Logger;
  /** Aborts when the daemon stops. */
  readonly signal: AbortSignal;
}

/** Longest that looking for what an earlier version has may take, and longest that a reader waits for it, in milliseconds. */
const SEARCH_MS = 20_000;
const PATIENCE_MS = 3_000;
/** After a search that an origin did not let end, another one begins not before this, in milliseconds. */
const RETRY_MS = 5_000;
/** Of what could not be taken in one piece, the parts that can are looked for down to this size. */
const LEAST_BYTES = 16 * 1024;
/** What a chunk takes of a manifest: its hash, its length, and what names them. */
const MANIFEST_ENTRY_BYTES = 42;

/**
 * Reads one version of a file from its origin, and what an earlier version of it has from the store.
 *
 * What it gives is as good as what the origin gives: bytes are taken from the earlier version only after the proof,
 * and each is compared with its sum or hash on the way. What cannot be taken is fetched.
 */
export class DeltaFile implements OriginReads {
  readonly #version: FileVersion;
  readonly #origin: OriginReads;
  readonly #use: DeltaOptions;
  #earlier: StoredVersion | undefined | "unknown" = "unknown";
  #after: FetchedVersion | undefined;
  #donor: Promise<Donor | undefined> | undefined;
  #failedMs = Number.NEGATIVE_INFINITY;
  #takenBytes = 0;
  #fetchedBytes = 0;
  #isTold = false;

  constructor(version: FileVersion, origin: OriginReads, use: DeltaOptions) {
    this.#version = version;
    this.#origin = origin;
    this.#use = use;
  }

  /** As `Origin.read`. */
  async read(
    file: OriginFile,
    offsetBytes: number,
    lengthBytes: number,
    signal: AbortSignal,
    given?: Uint8Array,
  ): Promise<Uint8Array> {
    const donor = await this.#donorFor(signal);
    if (!donor) return this.#origin.read(file, offsetBytes, lengthBytes, signal, given);
    const range = { from: offsetBytes, to: offsetBytes + lengthBytes };
    const target = given ? bufferOver(given, lengthBytes) : Buffer.allocUnsafeSlow(lengthBytes);
    await this.#compose(target, range, donor, signal);
    this.#after?.forget(range);
    this.#tell();
    return target;
  }

  async #donorFor(signal: AbortSignal): Promise<Donor | undefined> {
    if (this.#earlier === "unknown") this.#earlier = findEarlier(this.#version, this.#use.store);
    if (!this.#earlier) return undefined;
    if (!this.#donor && performance.now() - this.#failedMs < RETRY_MS) return undefined;
    this.#donor ??= this.#search(this.#earlier);
    const patience = AbortSignal.timeout(PATIENCE_MS);
    try {
      return await settledBy(this.#donor, AbortSignal.any([signal, patience]));
    } catch (error) {
      signal.throwIfAborted();
      if (patience.aborted) return undefined;
      throw error;
    }
  }

  async #search(earlier: StoredVersion): Promise<Donor | undefined> {
    const { signal: stop, log, store } = this.#use;
    const signal = AbortSignal.any([stop, AbortSignal.timeout(SEARCH_MS)]);
    try {
      const donor = (await this.#findChunks(signal)) ?? (await this.#findAudio(earlier, signal));
      store.counters.deltaFiles += 1;
      return donor;
    } catch (error) {
      const isFinal = error instanceof NoGraftError || error instanceof HeadersTooLongError;
      log.debug(
        `nothing of '${this.#version.file.path}' is taken from its version before: ${messageOf(error)}`,
      );
      if (isFinal) this.#earlier = undefined;
      else this.#donor = undefined;
      this.#failedMs = performance.now();
      return undefined;
    }
  }

  async #findChunks(signal: AbortSignal): Promise<Donor | undefined> {
    const { chunks } = this.#origin;
    if (!chunks) return undefined;
    const counted: OriginChunks = {
      manifest: async (file, stop) => {
        const manifest = await chunks.manifest(file, stop);
        this.#countFetched((manifest?.length ?? 0) * MANIFEST_ENTRY_BYTES);
        return manifest;
      },
      read: async (file, wanted, stop) => {
        const found = await settledBy(chunks.read(file, wanted, stop), stop);
        this.#countFetched(found.reduce((sum, { length }) => sum + length, 0));
        return found;
      },
    };
    const { file } = this.#version;
    return findChunks(file, counted, this.#use.store, (range, stop) => this.#fetch(range, stop), signal);
  }

  async #findAudio(earlier: StoredVersion, signal: AbortSignal): Promise<Donor> {
    const after = new FetchedVersion(
      this.#version.file.sizeBytes,
      (from, length) => this.#fetch({ from, to: from + length }, signal),
      signal,
    );
    this.#after = after;
    const fetch = async (range: ByteRange): Promise<Uint8Array> => {
      const target = Buffer.allocUnsafeSlow(range.to - range.from);
      await this.#fetchInto(target, range, signal);
      return target;
    };
    const graft = await findGraft(earlier, after, {
      fetch,
      samples: this.#use.samples,
      checksum: () => this.#askChecksum(signal),
    });
    after.settle();
    return audioDonor(graft);
  }

  // Without one there are other proofs.
  async #askChecksum(signal: AbortSignal): Promise<OriginChecksum | undefined> {
    const { file } = this.#version;
    try {
      return await this.#origin.checksum?.(file, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#use.log.debug(`there is no checksum of '${file.path}': ${messageOf(error)}`);
      return undefined;
    }
  }

  async #compose(target: Buffer, range: ByteRange, donor: Donor, signal: AbortSignal): Promise<void> {
    const parts = await donor.parts(range);
    const filling = parts.map((part) => {
      const into = target.subarray(part.from - range.from, part.to - range.from);
      return part.isKept ? this.#take(into, part, donor, signal) : this.#fetchInto(into, part, signal, donor);
    });
    await Promise.all(filling);
  }

  // Damage is found as small as can be, so that no more than it is fetched.
  async #take(target: Buffer, range: ByteRange, donor: Donor, signal: AbortSignal): Promise<void> {
    const { from, to } = range;
    const bytes = await donor.take(range);
    if (bytes) {
      target.set(bytes);
      this.#takenBytes += bytes.length;
      this.#use.store.counters.deltaTakenBytes += bytes.length;
      return;
    }
    if (to - from <= LEAST_BYTES) return this.#fetchInto(target, range, signal);
    const middle = from + Math.ceil((to - from) / 2);
    await this.#take(target.subarray(0, middle - from), { from, to: middle }, donor, signal);
    await this.#take(target.subarray(middle - from), { from: middle, to }, donor, signal);
  }

  async #fetchInto(target: Buffer, range: ByteRange, signal: AbortSignal, donor?: Donor): Promise<void> {
    const missing = this.#after?.fill(target, range.from) ?? [range];
    const fetches = missing.map(async (part) => {
      const bytes = await (donor?.fetch?.(part, signal) ?? this.#fetch(part, signal));
      target.set(bytes, part.from - range.from);
    });
    await Promise.all(fetches);
  }

  async #fetch({ from, to }: ByteRange, signal: AbortSignal): Promise<Uint8Array> {
    const bytes = await settledBy(this.#origin.read(this.#version.file, from, to - from, signal), signal);
    if (bytes.length !== to - from) throw new Error(`${bytes.length} bytes came instead of ${to - from}`);
    this.#countFetched(bytes.length);
    return bytes;
  }

  #countFetched(bytes: number): void {
    this.#fetchedBytes += bytes;
    this.#use.store.counters.deltaFetchedBytes += bytes;
  }

  // Once, when as much was given as the file has.
  #tell(): void {
    const { path, sizeBytes } = this.#version.file;
    if (this.#isTold || this.#takenBytes + this.#fetchedBytes < sizeBytes) return;
    this.#isTold = true;
    this.#use.log.info(
      `'${path}' changed: ${this.#takenBytes} of its ${sizeBytes} bytes are those of its version before, ${this.#fetchedBytes} were fetched`,
    );
  }
}

function bufferOver({ buffer, byteOffset }: Uint8Array, lengthBytes: number): Buffer {
  return Buffer.from(buffer, byteOffset, lengthBytes);
}
