import assert from "node:assert/strict";
import type { CachePolicy } from "../../core/model/cache-policy.js";
import type { ContractCase, ContractSubject } from "./contract.js";
import { createRandom, type Random } from "./random.js";

export interface CachePolicySubject extends ContractSubject {
  readonly policy: CachePolicy;
}

export type CachePolicyCase = ContractCase<CachePolicySubject>;

const START_MS = 1_700_000_000_000;

/** The contract of a cache policy. */
export const cachePolicyContract: readonly CachePolicyCase[] = [
  {
    name: "its limits are finite",
    async run({ policy: { maxBytes, minFreeBytes } }) {
      assert.ok(Number.isFinite(maxBytes) && maxBytes > 0, `maxBytes is ${maxBytes}`);
      assert.ok(Number.isFinite(minFreeBytes) && minFreeBytes >= 0, `minFreeBytes is ${minFreeBytes}`);
    },
  },
  {
    name: "every file that was added is a victim exactly once",
    async run({ policy }) {
      const keys = addMany(policy, 1000);
      assert.deepEqual(sorted(policy.victims(START_MS)), keys);
    },
  },
  {
    name: "an empty cache has no victims",
    async run({ policy }) {
      assert.deepEqual([...policy.victims(START_MS)], []);
    },
  },
  {
    name: "a file that left is no victim any more, and may come back",
    async run({ policy }) {
      const keys = addMany(policy, 100);
      for (const key of keys) if (key % 3 === 0) policy.removed(key);
      const left = keys.filter((key) => key % 3 !== 0);
      assert.deepEqual(sorted(policy.victims(START_MS)), left);
      policy.added({ key: 3, sizeBytes: 5 }, START_MS);
      assert.deepEqual(sorted(policy.victims(START_MS)), [...left, 3].sort(ascending));
    },
  },
  {
    name: "victims can be removed while they are asked for, as the store does",
    async run({ policy }) {
      const keys = addMany(policy, 1000);
      const evicted: number[] = [];
      for (const key of policy.victims(START_MS)) {
        policy.removed(key);
        evicted.push(key);
      }
      assert.deepEqual(evicted.sort(ascending), keys);
      assert.deepEqual([...policy.victims(START_MS)], []);
    },
  },
  {
    name: "asking for victims evicts nothing, and the answer is the same the next time",
    async run({ policy }) {
      addMany(policy, 500);
      const first = [...policy.victims(START_MS)];
      assert.deepEqual([...policy.victims(START_MS)], first);
      const [best] = policy.victims(START_MS);
      assert.equal(best, first[0]);
    },
  },
  {
    name: "what it never heard of is no victim: reads and removals of unknown files change nothing",
    async run({ policy }) {
      policy.touched(7, START_MS);
      policy.removed(8);
      assert.deepEqual([...policy.victims(START_MS)], []);
    },
  },
  {
    name: "it answers for files of any size",
    async run({ policy }) {
      const sizes = [0, 1, 4096, policy.maxBytes, policy.maxBytes + 1, Number.MAX_SAFE_INTEGER];
      sizes.forEach((sizeBytes, key) => {
        assert.equal(typeof policy.admits({ key, sizeBytes }), "boolean", `${sizeBytes} bytes`);
        policy.added({ key, sizeBytes }, START_MS);
      });
      assert.deepEqual(
        sorted(policy.victims(START_MS)),
        sizes.map((_, key) => key),
      );
    },
  },
  {
    name: "asking whether a file is admitted does not add it",
    async run({ policy }) {
      policy.admits({ key: 1, sizeBytes: 1000 });
      assert.deepEqual([...policy.victims(START_MS)], []);
    },
  },
  {
    name: "what is to go although there is room is cached, and told once",
    async run({ policy }) {
      const keys = new Set(addMany(policy, 200));
      for (const nowMs of [START_MS, START_MS + 400 * 86_400_000]) {
        const expired = [...(policy.expired?.(nowMs) ?? [])];
        assert.equal(new Set(expired).size, expired.length);
        for (const key of expired) assert.ok(keys.has(key), `${key} is not cached`);
      }
    },
  },
  {
    name: "what expired can be removed while it is asked for, as the store does",
    async run({ policy }) {
      addMany(policy, 200);
      const nowMs = START_MS + 400 * 86_400_000;
      const gone = new Set<number>();
      for (const key of policy.expired?.(nowMs) ?? []) {
        policy.removed(key);
        gone.add(key);
      }
      assert.deepEqual([...(policy.expired?.(nowMs) ?? [])], []);
      for (const key of policy.victims(nowMs)) assert.ok(!gone.has(key), `${key} is gone`);
    },
  },
  {
    name: "a file that is added again, with another size, is one file",
    async run({ policy }) {
      const keys = addMany(policy, 100);
      for (const key of keys) policy.added({ key, sizeBytes: 7 * key }, START_MS);
      assert.deepEqual(sorted(policy.victims(START_MS)), keys);
      for (const key of keys) policy.removed(key);
      assert.deepEqual([...policy.victims(START_MS)], []);
    },
  },
  {
    name: "files come, go and are read while victims are asked for: what left is not named, what stays is",
    async run({ policy }) {
      const keys = addMany(policy, 1000);
      const gone = new Set<number>();
      const named = new Set<number>();
      let newest = keys.length;
      for (const key of policy.victims(START_MS)) {
        assert.ok(!gone.has(key), `${key} was named after it had left`);
        named.add(key);
        assert.ok(named.size <= 2 * keys.length, "it never ends");
        // The one that was named leaves, and one that may not have been; one is read, and now and then one comes.
        for (const leaving of [key, (key * 7) % keys.length]) {
          policy.removed(leaving);
          gone.add(leaving);
        }
        if (named.size % 4 === 0) policy.added({ key: ++newest, sizeBytes: 5 }, START_MS);
        policy.touched((key * 3) % keys.length, START_MS + 3_600_000);
      }
      assert.deepEqual(
        keys.filter((key) => !gone.has(key) && !named.has(key)),
        [],
        "these were never named",
      );
    },
  },
  {
    name: "after any number of calls in any order, with a clock that jumps, it knows what is there",
    async run({ policy }) {
      const random = createRandom(12);
      const present = new Set<number>();
      for (let step = 0; step < 50_000; step++) {
        anyCall(policy, present, random);
        if (step % 5000 === 0)
          assert.deepEqual(sorted(policy.victims(START_MS)), [...present].sort(ascending));
      }
      assert.deepEqual(sorted(policy.victims(START_MS)), [...present].sort(ascending));
    },
  },
];

function addMany(policy: CachePolicy, count: number): number[] {
  const keys = Array.from({ length: count }, (_, index) => index + 1);
  const random = createRandom(13);
  for (const key of keys) {
    policy.added({ key, sizeBytes: random.below(100_000) }, START_MS + key);
    if (random.oneIn(3)) policy.touched(1 + random.below(key), START_MS + key);
  }
  return keys;
}

function anyCall(policy: CachePolicy, present: Set<number>, random: Random): void {
  const key = random.below(300);
  const nowMs = START_MS + random.below(1_000_000_000) - 500_000_000;
  const call = random.below(4);
  if (call === 0) {
    policy.removed(key);
    present.delete(key);
  } else if (call === 1) {
    policy.added({ key, sizeBytes: random.below(2 ** 31) }, nowMs);
    present.add(key);
  } else {
    policy.touched(key, nowMs);
  }
}

function sorted(keys: Iterable<number>): number[] {
  return [...keys].sort(ascending);
}

function ascending(a: number, b: number): number {
  return a - b;
}
