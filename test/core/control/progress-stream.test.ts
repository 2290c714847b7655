import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { progressStream } from "#core/control/progress-stream.js";

const never = new AbortController().signal;

test("a slow reader gets the newest progress, and then the result", async () => {
  const steps: unknown[] = [];
  const stream = progressStream<number, string>(async (onProgress) => {
    for (let done = 1; done <= 1000; done++) {
      onProgress(done);
      if (done % 250 === 0) await delay(5);
    }
    return "all";
  }, never);
  for await (const step of stream) steps.push(step);
  assert.deepEqual(steps.at(-1), { result: "all" });
  assert.deepEqual(steps.at(-2), { progress: 1000 });
  assert.ok(steps.length <= 6, `${steps.length} messages`);
});

test("what the call throws reaches the reader, after what it told", async () => {
  const stream = progressStream<number, never>(async (onProgress) => {
    onProgress(7);
    throw new Error("the disk is full");
  }, never);
  assert.deepEqual((await stream.next()).value, { progress: 7 });
  await assert.rejects(() => stream.next(), /the disk is full/);
});

test("a call that tells nothing gives its result", async () => {
  const stream = progressStream(async () => 3, never);
  assert.deepEqual(await stream.next(), { value: { result: 3 }, done: false });
  assert.equal((await stream.next()).done, true);
});

test("who stops reading aborts the call, and waits for its end", async () => {
  let wasAborted = false;
  const stream = progressStream<number, void>(async (onProgress, signal) => {
    onProgress(1);
    await delay(60_000, undefined, { signal }).catch(() => undefined);
    wasAborted = signal.aborted;
  }, never);
  for await (const _ of stream) break;
  assert.equal(wasAborted, true);
});

test("an abort from outside reaches the call", async () => {
  const outside = new AbortController();
  const stream = progressStream<number, void>(async (_, signal) => {
    await delay(60_000, undefined, { signal });
  }, outside.signal);
  const next = stream.next();
  outside.abort();
  await assert.rejects(() => next, { name: "AbortError" });
});
