import assert from "node:assert/strict";
import type { CachePolicy } from "../../core/model/cache-policy.js";
import type { CachePolicyCase } from "./cache-policy.js";

const START_MS = 1_700_000_000_000;
const DAY_MS = 86_400_000;
/** Every file has a hundredth of what the cache may hold. */
const FILES_THAT_FIT = 100;

/**
 * What a policy promises on top that says of itself that reading a whole library once does not flush what
 * people play. `maxBytes` of the subject must be at least 100.
 */
export const scanResistanceContract: readonly CachePolicyCase[] = [
  {
    name: "what is played again and again outlives a library that is read through once",
    async run({ policy }) {
      const cache = new SmallCache(policy);
      const favourites = keysFrom(0, 40);
      for (let day = 0; day < 5; day++) cache.readAll(favourites, START_MS + day * DAY_MS, 1);
      cache.readAll(keysFrom(1000, 2000), START_MS + 6 * DAY_MS, 1);
      assert.deepEqual(cache.missing(favourites), []);
    },
  },
  {
    name: "reading a file in many pieces, one after the other, is one use of it",
    async run({ policy }) {
      const cache = new SmallCache(policy);
      const favourites = keysFrom(0, 40);
      for (let day = 0; day < 5; day++) cache.readAll(favourites, START_MS + day * DAY_MS, 1);
      cache.readAll(keysFrom(1000, 2000), START_MS + 6 * DAY_MS, 50);
      assert.deepEqual(cache.missing(favourites), []);
    },
  },
  {
    name: "what is played now comes to take the place of what was played once",
    async run({ policy }) {
      const cache = new SmallCache(policy);
      for (let day = 0; day < 10; day++) {
        cache.readAll(keysFrom(0, FILES_THAT_FIT), START_MS + day * DAY_MS, 1);
      }
      const favourites = keysFrom(1000, 40);
      for (let day = 20; day < 60; day++) cache.readAll(favourites, START_MS + day * DAY_MS, 1);
      assert.deepEqual(cache.missing(favourites), []);
    },
  },
];

/** Evicts by the policy as the store does, and keeps nothing. */
class SmallCache {
  readonly #policy: CachePolicy;
  readonly #keys = new Set<number>();

  constructor(policy: CachePolicy) {
    this.#policy = policy;
  }

  readAll(keys: readonly number[], startMs: number, pieces: number): void {
    keys.forEach((key, index) => {
      for (let piece = 0; piece < pieces; piece++) this.#read(key, startMs + index * 10_000 + piece * 100);
    });
  }

  missing(keys: readonly number[]): number[] {
    return keys.filter((key) => !this.#keys.has(key));
  }

  #read(key: number, nowMs: number): void {
    if (this.#keys.has(key)) {
      this.#policy.touched(key, nowMs);
      return;
    }
    for (const victim of this.#policy.victims(nowMs)) {
      if (this.#keys.size < FILES_THAT_FIT) break;
      this.#policy.removed(victim);
      this.#keys.delete(victim);
    }
    this.#policy.added({ key, sizeBytes: Math.floor(this.#policy.maxBytes / FILES_THAT_FIT) }, nowMs);
    this.#keys.add(key);
  }
}

function keysFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index);
}
