import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDuration, parseSize } from "../../../core/config/units.js";
import { duration, size, z } from "../../../core/index.js";

test("durations are milliseconds", () => {
  const given = ["500 ms", "30s", "1.5 s", "5 min", "2 h", "7 d", " 1 S "];
  assert.deepEqual(given.map(parseDuration), [500, 30_000, 1500, 300_000, 7_200_000, 604_800_000, 1000]);
});

test("sizes are bytes, in powers of 1024 or of 1000", () => {
  const given = ["1 B", "64 KiB", "8 GiB", "10 GB", "1.5 MiB", "2tib"];
  assert.deepEqual(given.map(parseSize), [1, 65_536, 8 * 2 ** 30, 1e10, 1.5 * 2 ** 20, 2 * 2 ** 40]);
});

test("what is no quantity gives nothing", () => {
  const given = [
    "",
    "s",
    "5",
    "-1 s",
    "1e3 s",
    "5 parsecs",
    "0x10 s",
    "NaN s",
    "constructor",
    "1 constructor",
  ];
  assert.deepEqual(
    given.map((text) => parseDuration(text) ?? parseSize(text)),
    given.map(() => undefined),
  );
});

test("options of quantities take numbers and text, within limits, with one message", () => {
  const schema = z.strictObject({
    wait: duration({ minMs: 1000, maxMs: 60_000 }).default(5000),
    limit: size({ maxBytes: 1e12 }),
  });
  assert.deepEqual(schema.parse({ limit: "8 GiB" }), { wait: 5000, limit: 8 * 2 ** 30 });
  assert.deepEqual(schema.parse({ wait: "1 min", limit: 7 }), { wait: 60_000, limit: 7 });
  const wrong: unknown[] = ["2 TB", "1e12", -1, 0.5, Number.NaN, 1e300, true, null, {}];
  for (const limit of wrong) assert.equal(schema.safeParse({ limit }).success, false, String(limit));
  assert.equal(schema.safeParse({ limit: 1, wait: "500 ms" }).success, false);
});
