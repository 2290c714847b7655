import assert from "node:assert/strict";
import { test } from "node:test";
import { Trouble } from "../../../core/origins/trouble.js";

test("an origin that erred often is asked like others again after many answers, or a minute without a failure", (t) => {
  let nowMs = 1_000;
  t.mock.method(performance, "now", () => nowMs);
  const trouble = new Trouble();
  const add = (times: number, isFailure: boolean): void => {
    for (let time = 0; time < times; time += 1) trouble.add(isFailure);
  };
  add(7, true);
  assert.equal(trouble.isGreat, false);
  add(1, true);
  assert.equal(trouble.isGreat, true);
  add(29, false);
  assert.equal(trouble.isGreat, true);
  add(1, false);
  assert.equal(trouble.isGreat, false, "of the last 32, two failed");

  add(8, true);
  nowMs += 59_000;
  assert.equal(trouble.isGreat, true);
  nowMs += 1_000;
  assert.equal(trouble.isGreat, false, "a minute without a failure");
  add(7, true);
  assert.equal(trouble.isGreat, false, "what was before is forgotten");
  add(1, true);
  assert.equal(trouble.isGreat, true);
});
