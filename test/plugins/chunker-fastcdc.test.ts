import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Chunker } from "musicfs";
import { chunkerFastcdc } from "musicfs/plugins";
import { chunkerContract, createRandom, runContract, setUpPlugin } from "musicfs/testing";
import { CUT_VECTORS } from "./chunker-fastcdc-vectors.js";

type Options = Parameters<typeof chunkerFastcdc>[0];

const KIB = 1024;
const SIZES = [
  { averageBytes: 64 * KIB },
  { min: "1 KiB", avg: "2 KiB", max: "64 KiB", averageBytes: 2 * KIB },
  { min: "12 KiB", avg: "16 KiB", max: "17 KiB", averageBytes: 16 * KIB },
];

for (const { averageBytes, ...options } of SIZES) {
  describe(`chunker-fastcdc keeps the contract of a chunker: ${JSON.stringify(options)}`, () => {
    const makeSubject = async () => ({
      chunker: await chunkerOf(options),
      twin: await chunkerOf(options),
      averageBytes,
    });
    runContract(chunkerContract, makeSubject, { test });
  });
}

describe("chunker-fastcdc", () => {
  test("has the documented defaults, and an id that names every parameter", async () => {
    const { id, minBytes, maxBytes } = await chunkerOf({});
    assert.deepEqual([id, minBytes, maxBytes], ["fastcdc-16384-65536-262144", 16 * KIB, 256 * KIB]);
  });

  for (const { minBytes: min, averageBytes: avg, maxBytes: max, seed, length, cuts } of CUT_VECTORS) {
    test(`cuts where another implementation does: ${min}, ${avg}, ${max}`, async () => {
      const chunker = await chunkerOf({ min, avg, max });
      const data = createRandom(seed).bytes(length);
      const found: number[] = [];
      for (let at = 0; at < length; found.push(at)) at += chunker.cut(data, at, length);
      assert.deepEqual(found, cuts);
    });
  }

  test("says which sizes are wrong, and why", () => {
    const problems = (options: unknown): string[] =>
      chunkerFastcdc(options as Options).problems.map(({ path, message }) => `${path.join(".")}: ${message}`);
    const outOfRange = problems({ min: 1023, max: "17 MiB" });
    assert.equal(outOfRange.length, 2);
    assert.match(outOfRange[0] ?? "", /^min: .* from 1024 to 16777216 bytes/);
    assert.match(outOfRange[1] ?? "", /^max: /);
    assert.deepEqual(problems({ avg: 60_000 }), ["avg: must be a power of two"]);
    assert.deepEqual(problems({ min: "64 KiB", max: "64 KiB" }), [
      "min: must be smaller than avg",
      "max: must be greater than avg",
    ]);
    assert.deepEqual(problems({}), []);
  });
});

async function chunkerOf(options: Options): Promise<Chunker> {
  const plugin = await setUpPlugin(chunkerFastcdc(options));
  const chunker = await plugin.chunker();
  await plugin.close();
  return chunker;
}
