import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CachePolicy } from "musicfs";
import { cacheLru } from "musicfs/plugins";
import { cachePolicyContract, runContract, setUpPlugin } from "musicfs/testing";

type Options = Parameters<typeof cacheLru>[0];

for (const [what, options] of [
  ["by default", {}],
  ["with a greatest age", { maxAge: "1 h" }],
] as const) {
  describe(`cache-lru keeps the contract of a cache policy, ${what}`, () => {
    runContract(cachePolicyContract, async () => ({ policy: await policyOf(options) }), { test });
  });
}

describe("cache-lru", () => {
  test("takes sizes and times as text, and has the documented defaults", async () => {
    const { maxBytes, minFreeBytes } = await policyOf({});
    assert.equal(maxBytes, 10 * 1024 ** 3);
    assert.equal(minFreeBytes, 1024 ** 3);
    const other = await policyOf({ maxBytes: "500 MB", minFreeBytes: 0 });
    assert.equal(other.maxBytes, 500e6);
    assert.equal(other.minFreeBytes, 0);
  });

  test("evicts first what was not read for longest", async () => {
    const policy = await policyOf({});
    for (const key of [1, 2, 3, 4]) policy.added({ key, sizeBytes: 1 }, key);
    policy.touched(1, 5);
    policy.touched(3, 6);
    assert.deepEqual([...policy.victims(7)], [2, 4, 1, 3]);
    policy.added({ key: 2, sizeBytes: 2 }, 8);
    assert.deepEqual([...policy.victims(9)], [4, 1, 3, 2]);
  });

  test("keeps the order of what happened when the clock is set back", async () => {
    const policy = await policyOf({ maxAge: "1 min" });
    policy.added({ key: 1, sizeBytes: 1 }, 1_000_000);
    policy.added({ key: 2, sizeBytes: 1 }, 0);
    policy.touched(1, 1);
    assert.deepEqual([...policy.victims(2)], [2, 1]);
  });

  test("evicts before all others what entered too long ago, the oldest first", async () => {
    const policy = await policyOf({ maxAge: "1 min" });
    for (const key of [1, 2, 3, 4]) policy.added({ key, sizeBytes: 1 }, key * 30_000);
    for (const key of [2, 1]) policy.touched(key, 121_000);
    assert.deepEqual([...policy.victims(90_000)], [3, 4, 2, 1]);
    assert.deepEqual([...policy.victims(122_000)], [1, 2, 3, 4]);
    policy.touched(3, 123_000);
    assert.deepEqual([...policy.victims(122_000)], [1, 2, 4, 3]);
  });

  test("names what is left while files are read, come and go between two victims", async () => {
    const policy = await policyOf({});
    for (const key of [1, 2, 3, 4, 5]) policy.added({ key, sizeBytes: 1 }, key);
    const victims = policy.victims(6)[Symbol.iterator]();
    assert.equal(victims.next().value, 1);
    for (const key of [1, 2, 3]) policy.removed(key);
    policy.touched(4, 7);
    policy.added({ key: 6, sizeBytes: 1 }, 8);
    assert.deepEqual([victims.next().value, victims.next().value], [5, 4]);
    policy.removed(4);
    assert.deepEqual([victims.next().value, victims.next().done], [6, true]);
    assert.deepEqual([...policy.victims(9)], [5, 6]);
  });

  test("does not keep a file that is bigger than the cache", async () => {
    const policy = await policyOf({ maxBytes: 1000 });
    assert.equal(policy.admits({ key: 1, sizeBytes: 1000 }), true);
    assert.equal(policy.admits({ key: 1, sizeBytes: 1001 }), false);
  });

  test("says which options are wrong", () => {
    const wrong = { maxBytes: 0, minFreeBytes: "a lot", maxAge: "0 s", maxByte: 1 } as unknown as Options;
    const paths = cacheLru(wrong).problems.map(({ path, code }) => `${path.join(".")} ${code}`);
    assert.deepEqual(paths, [
      "maxBytes custom",
      "minFreeBytes custom",
      "maxAge custom",
      " unrecognized_keys",
    ]);
  });
});

async function policyOf(options: Options): Promise<CachePolicy> {
  const plugin = await setUpPlugin(cacheLru(options));
  const policy = await plugin.cachePolicy();
  await plugin.close();
  return policy;
}
