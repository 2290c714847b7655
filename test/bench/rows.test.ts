import assert from "node:assert/strict";
import { test } from "node:test";
import { interleave, judgedValues, type Row, verdictOf } from "./rows.js";
import { quantileOf, spreadOf } from "./statistics.js";

const row = (musicfs: number[], direct: number[], atLeast: number): Row => ({
  figure: "read",
  unit: "GB/s",
  rounds: { musicfs, direct },
  target: { subject: "musicfs", against: "direct", atLeast },
});

test("a ratio is taken round by round, and its median is judged", () => {
  // The slow rounds of both fall together: each ratio is 0.9, although the medians alone give 0.45.
  const slowTogether = row([9, 4.5, 4.5], [10, 5, 5], 0.8);
  assert.deepEqual(judgedValues(slowTogether), [0.9, 0.9, 0.9]);
  assert.equal(verdictOf(slowTogether), "PASS");
  assert.equal(verdictOf(row([9, 1, 1], [10, 10, 10], 0.8)), "MISS");
});

test("a figure whose subject could not be measured is missed, and one without a target only reported", () => {
  assert.equal(
    verdictOf({ figure: "rss", unit: "MB", rounds: {}, target: { subject: "musicfs", atMost: 1 } }),
    "MISS",
  );
  assert.equal(verdictOf({ figure: "rss", unit: "MB", rounds: { musicfs: [2] } }), "report");
  assert.equal(
    verdictOf({
      figure: "rss",
      unit: "MB",
      rounds: { musicfs: [2] },
      target: { subject: "musicfs", atMost: 1 },
    }),
    "MISS",
  );
});

test("every round measures every subject once, and begins with another one", async () => {
  const order: string[] = [];
  await interleave(2, ["direct", "bindfs", "musicfs"], async (subject, round) => {
    order.push(`${round} ${subject}`);
  });
  assert.deepEqual(order, ["0 direct", "0 bindfs", "0 musicfs", "1 bindfs", "1 musicfs", "1 direct"]);
});

test("quantiles lie between the values, whatever their order", () => {
  assert.deepEqual(spreadOf([3, 1, 2, 10]), { median: 2.5, min: 1, max: 10 });
  assert.equal(quantileOf([5, 1, 3], 0.5), 3);
  assert.equal(quantileOf([0, 100], 0.99), 99);
  assert.throws(() => spreadOf([]), RangeError);
});
