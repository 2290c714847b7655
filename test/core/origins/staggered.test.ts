import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { staggered } from "../../../core/origins/staggered.js";

const never = () => Number.POSITIVE_INFINITY;
const { signal: quiet } = new AbortController();

describe("attempts one after the other", () => {
  test("the next one begins when one fails, and its answer counts", async () => {
    const begun: string[] = [];
    const fails = async () => {
      begun.push("first");
      throw new Error("it fails");
    };
    const answers = async () => {
      begun.push("second");
      return 7;
    };
    const { value, index, silent } = await staggered([fails, answers, answers], never, quiet);
    assert.deepEqual([value, index, silent.length, begun], [7, 1, 0, ["first", "second"]]);
  });

  test("the next one begins when one is silent, which goes on; whoever is beaten is told to stop", async () => {
    let stopped = false;
    const hangs = (signal: AbortSignal) =>
      new Promise<number>((_, reject) => {
        signal.addEventListener("abort", () => {
          stopped = true;
          reject(signal.reason);
        });
      });
    const { value, index, silent } = await staggered([hangs, async () => 2], () => 30, quiet);
    assert.deepEqual([value, index], [2, 1]);
    assert.ok((silent[0]?.forMs ?? 0) >= 29);
    assert.ok(stopped);
  });

  test("one that was slow still counts when it answers first", async () => {
    const slow = () => new Promise<number>((resolve) => setTimeout(() => resolve(1), 60));
    const slower = (signal: AbortSignal) =>
      new Promise<number>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    const { value, index } = await staggered([slow, slower], () => 10, quiet);
    assert.deepEqual([value, index], [1, 0]);
  });

  test("all that failed is told in order, whichever failed first", async () => {
    const late = () => new Promise<never>((_, reject) => setTimeout(() => reject(new Error("late")), 40));
    const soon = async () => Promise.reject(new Error("soon"));
    await assert.rejects(
      staggered([late, soon], () => 5, quiet),
      (errors: Error[]) => {
        assert.deepEqual(
          errors.map(({ message }) => message),
          ["late", "soon"],
        );
        return true;
      },
    );
  });

  test("an abort ends it at once, and all attempts", async () => {
    const controller = new AbortController();
    let stopped = 0;
    const hangs = (signal: AbortSignal) =>
      new Promise<never>(() => signal.addEventListener("abort", () => (stopped += 1)));
    const running = staggered([hangs, hangs], () => 5, controller.signal);
    setTimeout(() => controller.abort(new Error("gone")), 30);
    await assert.rejects(running, /gone/);
    assert.equal(stopped, 2);
  });
});
