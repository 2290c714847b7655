import { randomInt } from "node:crypto";
import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import { Slots } from "./slots.js";
import type { VersionSource } from "./version-reader.js";

/** A range that is compared, in bytes. */
const RANGE_BYTES = 16 * 1024;
/** The end of a file, where some formats keep what matters. */
const TAIL_BYTES = 64 * 1024;
/** Pairs that are compared at once. */
const AT_ONCE = 2;

export interface ProvingOptions {
  /** Ranges at random offsets that are compared beside head and tail. */
  readonly samples: number;
  readonly log: Logger;
  /** Aborts when the daemon stops. */
  readonly signal: AbortSignal;
}

/** Finds out whether two files of two origins have the same bytes, without reading them whole. */
export class Prover {
  readonly #options: ProvingOptions;
  readonly #slots = new Slots(AT_ONCE);

  constructor(options: ProvingOptions) {
    this.#options = options;
  }

  /**
   * Compares head and tail, and ranges at offsets that nobody could foresee.
   *
   * @returns `undefined` when one of them could not be read.
   */
  async areEqual(a: VersionSource, b: VersionSource): Promise<boolean | undefined> {
    const { signal, log } = this.#options;
    if (a.file.sizeBytes !== b.file.sizeBytes) return false;
    const leave = await this.#slots.enter(signal);
    try {
      for (const [offsetBytes, lengthBytes] of this.#ranges(a.file.sizeBytes)) {
        const read = ({ guard, file }: VersionSource) =>
          guard.origin.read(file, offsetBytes, lengthBytes, signal);
        const [one, other] = await Promise.all([read(a), read(b)]);
        if (!Buffer.from(one.buffer, one.byteOffset, one.length).equals(other)) return false;
      }
      return true;
    } catch (error) {
      signal.throwIfAborted();
      log.debug(`'${a.file.path}' and '${b.file.path}' cannot be compared now: ${messageOf(error)}`);
      return undefined;
    } finally {
      leave();
    }
  }

  #ranges(sizeBytes: number): [offset: number, length: number][] {
    const head = Math.min(TAIL_BYTES, sizeBytes);
    const tail = Math.max(0, sizeBytes - TAIL_BYTES);
    const ranges: [number, number][] = [[0, head]];
    if (tail > 0) ranges.push([tail, sizeBytes - tail]);
    const inner = tail - head - RANGE_BYTES;
    for (let each = 0; inner > 0 && each < this.#options.samples; each += 1) {
      ranges.push([head + randomInt(inner), RANGE_BYTES]);
    }
    return ranges;
  }
}
