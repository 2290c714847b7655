import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CachePolicy } from "musicfs";
import { cacheLru, cacheSieve } from "musicfs/plugins";
import { cachePolicyContract, runContract, scanResistanceContract, setUpPlugin } from "musicfs/testing";
import type { Plugin } from "#core/plugin.js";
import { simulateCache, trackSizes } from "../support/simulate-cache.js";

type Options = Parameters<typeof cacheSieve>[0];

const HOUR_MS = 3_600_000;

for (const [what, options] of [
  ["by default", {}],
  ["with every read a use", { useGap: 0 }],
] as const) {
  describe(`cache-sieve keeps the contract of a cache policy, ${what}`, () => {
    runContract(cachePolicyContract, async () => ({ policy: await policyOf(cacheSieve(options)) }), { test });
  });
}

describe("cache-sieve resists scans", () => {
  runContract(scanResistanceContract, async () => ({ policy: await policyOf(cacheSieve()) }), { test });
});

describe("cache-sieve", () => {
  test("has the documented defaults, and takes sizes and times as text", async () => {
    const { maxBytes, minFreeBytes } = await policyOf(cacheSieve());
    assert.deepEqual([maxBytes, minFreeBytes], [10 * 1024 ** 3, 1024 ** 3]);
    const other = await policyOf(cacheSieve({ maxBytes: "500 MB", minFreeBytes: 0, useGap: "1 h" }));
    assert.deepEqual([other.maxBytes, other.minFreeBytes], [500e6, 0]);
  });

  test("lets go first of what was used once, in the order in which it came", async () => {
    const policy = await policyOf(cacheSieve());
    addAll(policy, [1, 2, 3, 4]);
    policy.touched(1, HOUR_MS);
    policy.touched(3, 2 * HOUR_MS);
    assert.deepEqual([...policy.victims(0)], [2, 4, 1, 3]);
  });

  test("takes reads that follow each other closely for one use, however long they go on", async () => {
    const policy = await policyOf(cacheSieve({ useGap: "10 min" }));
    addAll(policy, [1, 2, 3]);
    for (let minute = 0; minute < 300; minute += 9) policy.touched(1, minute * 60_000);
    policy.touched(2, 11 * 60_000);
    assert.deepEqual([...policy.victims(0)], [1, 3, 2]);
  });

  test("a clock that is set back makes no use of a read", async () => {
    const policy = await policyOf(cacheSieve());
    policy.added({ key: 1, sizeBytes: 1 }, 100 * HOUR_MS);
    policy.added({ key: 2, sizeBytes: 1 }, 100 * HOUR_MS);
    policy.touched(1, 5);
    policy.touched(1, 5 + HOUR_MS);
    policy.touched(2, 6);
    assert.deepEqual([...policy.victims(0)], [2, 1]);
  });

  test("keeps at once what comes back a short while after it was let go", async () => {
    const policy = await policyOf(cacheSieve());
    addAll(policy, [1, 2, 3]);
    policy.removed(1);
    addAll(policy, [1]);
    assert.deepEqual([...policy.victims(0)], [2, 3, 1]);
  });

  test("knows what comes back by its version where it has another key", async () => {
    const policy = await policyOf(cacheSieve());
    policy.added({ key: 1, sizeBytes: 1, version: 77 }, 0);
    policy.removed(1);
    policy.added({ key: 2, sizeBytes: 1, version: 78 }, 0);
    policy.added({ key: 3, sizeBytes: 1, version: 77 }, 0);
    policy.added({ key: 4, sizeBytes: 1, version: 1 }, 0);
    assert.deepEqual([...policy.victims(0)], [2, 4, 3]);
  });

  test("lets go of what was kept while little is on trial, the least used first", async () => {
    const policy = await policyOf(cacheSieve());
    const keys = Array.from({ length: 20 }, (_, key) => key);
    addAll(policy, keys);
    for (const key of keys) policy.touched(key, HOUR_MS);
    for (const key of keys.slice(0, 10)) policy.touched(key, 2 * HOUR_MS);
    policy.added({ key: 100, sizeBytes: 1 }, 0);
    assert.deepEqual([...policy.victims(0)].slice(0, 10), keys.slice(10));
  });

  test("plays meet the cache as often with scans of the whole library as without", async () => {
    const listening = { albums: 300, plays: 12_000, scanEvery: 4000, driftEvery: 0, seed: 3 };
    const maxBytes = Math.round(trackSizes(listening).reduce((sum, bytes) => sum + bytes) / 10);
    const unscanned = { ...listening, scanEvery: 0 };
    const sieve = simulateCache(await policyOf(cacheSieve({ maxBytes })), listening);
    const undisturbed = simulateCache(await policyOf(cacheSieve({ maxBytes })), unscanned);
    const lru = simulateCache(await policyOf(cacheLru({ maxBytes })), listening);
    assert.ok(sieve.all > undisturbed.all - 0.02, `${sieve.all} against ${undisturbed.all} without scans`);
    assert.ok(sieve.afterScan > lru.afterScan + 0.05, `${sieve.afterScan} against ${lru.afterScan} of LRU`);
  });

  test("does not keep a file that is bigger than the cache", async () => {
    const policy = await policyOf(cacheSieve({ maxBytes: 1000 }));
    assert.equal(policy.admits({ key: 1, sizeBytes: 1000 }), true);
    assert.equal(policy.admits({ key: 1, sizeBytes: 1001 }), false);
  });

  test("says which options are wrong", () => {
    const wrong = { maxBytes: 0, minFreeBytes: "a lot", useGap: -1, maxAge: "1 d" } as unknown as Options;
    const paths = cacheSieve(wrong).problems.map(({ path, code }) => `${path.join(".")} ${code}`);
    assert.deepEqual(paths, [
      "maxBytes custom",
      "minFreeBytes custom",
      "useGap custom",
      " unrecognized_keys",
    ]);
  });
});

function addAll(policy: CachePolicy, keys: readonly number[]): void {
  for (const key of keys) policy.added({ key, sizeBytes: 1 }, 0);
}

async function policyOf(plugin: Plugin): Promise<CachePolicy> {
  const { cachePolicy, close } = await setUpPlugin(plugin);
  const policy = await cachePolicy();
  await close();
  return policy;
}
