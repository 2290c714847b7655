import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import type { OriginFile } from "../model/origin.js";
import { settledBy } from "../settled-by.js";
import type { ContentStore } from "../store/content-store.js";
import type { FileVersion } from "../store/store-index.js";
import type { OriginReads } from "./delta.js";
import { FetchedVersion, HeadersTooLongError } from "./fetched-version.js";
import { findEarlier } from "./find-earlier.js";
import { findGraft, type Graft, NoGraftError } from "./graft.js";
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
const PATIENCE_MS = 1_000;
/** After a search that an origin did not let end, another one begins not before this, in milliseconds. */
const RETRY_MS = 5_000;
/** Of what could not be taken in one piece, the parts that can are looked for down to this size. */
const LEAST_BYTES = 16 * 1024;

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
  #graft: Promise<Graft | undefined> | undefined;
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
    const graft = await this.#graftFor(signal);
    if (!graft) return this.#origin.read(file, offsetBytes, lengthBytes, signal, given);
    const range = { from: offsetBytes, to: offsetBytes + lengthBytes };
    const target = given ? bufferOver(given, lengthBytes) : Buffer.allocUnsafeSlow(lengthBytes);
    await this.#compose(target, range, graft, signal);
    this.#after?.forget(range);
    this.#tell();
    return target;
  }

  async #graftFor(signal: AbortSignal): Promise<Graft | undefined> {
    if (this.#earlier === "unknown") this.#earlier = findEarlier(this.#version, this.#use.store);
    if (!this.#earlier) return undefined;
    if (!this.#graft && performance.now() - this.#failedMs < RETRY_MS) return undefined;
    this.#graft ??= this.#search(this.#earlier);
    const patience = AbortSignal.timeout(PATIENCE_MS);
    try {
      return await settledBy(this.#graft, AbortSignal.any([signal, patience]));
    } catch (error) {
      signal.throwIfAborted();
      if (patience.aborted) return undefined;
      throw error;
    }
  }

  async #search(earlier: StoredVersion): Promise<Graft | undefined> {
    const { samples, signal: stop, log } = this.#use;
    const { file } = this.#version;
    const signal = AbortSignal.any([stop, AbortSignal.timeout(SEARCH_MS)]);
    const after = new FetchedVersion(
      file.sizeBytes,
      (from, length) => this.#fetch({ from, to: from + length }, signal),
      signal,
    );
    this.#after = after;
    const fetch = async (range: ByteRange): Promise<Uint8Array> => {
      const target = Buffer.allocUnsafeSlow(range.to - range.from);
      await this.#fetchInto(target, range, signal);
      return target;
    };
    try {
      const graft = await findGraft(earlier, after, fetch, samples);
      after.settle();
      this.#use.store.counters.deltaFiles += 1;
      return graft;
    } catch (error) {
      const isFinal = error instanceof NoGraftError || error instanceof HeadersTooLongError;
      log.debug(`nothing of '${file.path}' is taken from its version before: ${messageOf(error)}`);
      if (isFinal) this.#earlier = undefined;
      else this.#graft = undefined;
      this.#failedMs = performance.now();
      return undefined;
    }
  }

  async #compose(target: Buffer, range: ByteRange, graft: Graft, signal: AbortSignal): Promise<void> {
    const from = Math.max(range.from, graft.from);
    const to = Math.min(range.to, graft.to);
    const part = (one: ByteRange): Buffer => target.subarray(one.from - range.from, one.to - range.from);
    if (from >= to) return this.#fetchInto(target, range, signal);
    const head = { from: range.from, to: from };
    const tail = { from: to, to: range.to };
    await Promise.all([
      this.#fetchInto(part(head), head, signal),
      this.#take(part({ from, to }), { from, to }, graft, signal),
      this.#fetchInto(part(tail), tail, signal),
    ]);
  }

  async #take(target: Buffer, { from, to }: ByteRange, graft: Graft, signal: AbortSignal): Promise<void> {
    const shift = graft.from - graft.beforeFrom;
    for (const part of await graft.before.parts({ from: from - shift, to: to - shift })) {
      const range = { from: part.from + shift, to: part.to + shift };
      const into = target.subarray(range.from - from, range.to - from);
      if (part.isKept) await this.#takeKept(into, range, graft, signal);
      else await this.#fetchInto(into, range, signal);
    }
  }

  // Damage is found as small as can be, so that no more than it is fetched.
  async #takeKept(target: Buffer, range: ByteRange, graft: Graft, signal: AbortSignal): Promise<void> {
    const { from, to } = range;
    const shift = graft.from - graft.beforeFrom;
    const bytes = await graft.before.read({ from: from - shift, to: to - shift });
    if (bytes) {
      target.set(bytes);
      this.#takenBytes += bytes.length;
      this.#use.store.counters.deltaTakenBytes += bytes.length;
      return;
    }
    if (to - from <= LEAST_BYTES) return this.#fetchInto(target, range, signal);
    const middle = from + Math.ceil((to - from) / 2);
    await this.#takeKept(target.subarray(0, middle - from), { from, to: middle }, graft, signal);
    await this.#takeKept(target.subarray(middle - from), { from: middle, to }, graft, signal);
  }

  async #fetchInto(target: Buffer, range: ByteRange, signal: AbortSignal): Promise<void> {
    const missing = this.#after?.fill(target, range.from) ?? [range];
    const fetches = missing.map(async (part) => {
      if (part.from >= part.to) return;
      target.set(await this.#fetch(part, signal), part.from - range.from);
    });
    await Promise.all(fetches);
  }

  async #fetch({ from, to }: ByteRange, signal: AbortSignal): Promise<Uint8Array> {
    const bytes = await settledBy(this.#origin.read(this.#version.file, from, to - from, signal), signal);
    if (bytes.length !== to - from) throw new Error(`${bytes.length} bytes came instead of ${to - from}`);
    this.#fetchedBytes += bytes.length;
    this.#use.store.counters.deltaFetchedBytes += bytes.length;
    return bytes;
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
