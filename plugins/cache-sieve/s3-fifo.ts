import type { CacheItem, CachePolicy } from "musicfs";
import { Ghosts } from "./ghosts.js";
import { type Item, Kept, Trial } from "./shelves.js";

export interface S3FifoLimits {
  readonly maxBytes: number;
  readonly minFreeBytes: number;
  /** Reads of a file with less than this between them are one use, in milliseconds. */
  readonly useGapMs: number;
}

/** Part of all bytes that files on trial may have before they are the ones to go. */
const TRIAL_SHARE = 0.1;

/**
 * S3-FIFO (J. Yang et al., SOSP 2023), as README.md of this folder says and why: new files are on trial, and
 * only what is used a second time is kept. Every call, and finding the next victim, takes constant time.
 */
export class S3Fifo implements CachePolicy {
  #limits: S3FifoLimits;
  readonly #items = new Map<number, Item>();
  readonly #trial = new Trial();
  readonly #kept = new Kept();
  readonly #ghosts = new Ghosts();

  constructor(limits: S3FifoLimits) {
    this.#limits = limits;
  }

  get maxBytes(): number {
    return this.#limits.maxBytes;
  }

  get minFreeBytes(): number {
    return this.#limits.minFreeBytes;
  }

  /** Takes other limits, for what comes from now on. */
  configure(limits: S3FifoLimits): void {
    this.#limits = limits;
  }

  admits({ sizeBytes }: CacheItem): boolean {
    return sizeBytes <= this.maxBytes;
  }

  added({ key, sizeBytes, version = key }: CacheItem, nowMs: number): void {
    const wasKept = this.#take(key)?.isKept ?? false;
    const isKept = this.#ghosts.forget(version) || wasKept;
    const item: Item = { key, version, sizeBytes, isKept, readMs: nowMs, rung: 0, place: undefined };
    this.#items.set(key, item);
    this.#shelfOf(item).enter(item);
  }

  touched(key: number, nowMs: number): void {
    const item = this.#items.get(key);
    if (!item) return;
    const isUse = nowMs - item.readMs >= this.#limits.useGapMs;
    item.readMs = nowMs;
    if (isUse) this.#used(item);
  }

  removed(key: number): void {
    const item = this.#take(key);
    if (item && !item.isKept) this.#ghosts.remember(item.version, this.#items.size);
  }

  // Nothing is changed here: the bytes of what was named are counted as if it were gone.
  *victims(): Generator<number> {
    let [trialBytes, keptBytes] = [this.#trial.bytes, this.#kept.bytes];
    const [trial, kept] = [this.#trial[Symbol.iterator](), this.#kept[Symbol.iterator]()];
    for (;;) {
      const isTrialFull = trialBytes > TRIAL_SHARE * (trialBytes + keptBytes);
      const item = firstOf(isTrialFull ? [trial, kept] : [kept, trial]);
      if (!item) return;
      if (item.isKept) keptBytes -= item.sizeBytes;
      else trialBytes -= item.sizeBytes;
      yield item.key;
    }
  }

  #used(item: Item): void {
    if (item.isKept) {
      this.#kept.lift(item);
      return;
    }
    this.#trial.leave(item);
    item.isKept = true;
    this.#kept.enter(item);
  }

  #take(key: number): Item | undefined {
    const item = this.#items.get(key);
    if (!item) return undefined;
    this.#items.delete(key);
    this.#shelfOf(item).leave(item);
    return item;
  }

  #shelfOf(item: Item): Trial | Kept {
    return item.isKept ? this.#kept : this.#trial;
  }
}

function firstOf(iterators: readonly Iterator<Item>[]): Item | undefined {
  for (const iterator of iterators) {
    const { value, done } = iterator.next();
    if (!done) return value;
  }
  return undefined;
}
