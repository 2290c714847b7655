import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteGate } from "#core/content/byte-gate.js";

const never = new AbortController().signal;

test("what fits enters at once, and the rest in the order in which it came", async () => {
  const gate = new ByteGate(10);
  await gate.enter(6, never);
  const entered: string[] = [];
  const second = gate.enter(6, never).then(() => entered.push("second"));
  const third = gate.enter(1, never).then(() => entered.push("third"));
  assert.ok(!gate.tryEnter(1), "somebody waits already");
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(entered, []);
  gate.leave(6);
  await Promise.all([second, third]);
  assert.deepEqual(entered, ["second", "third"]);
  assert.equal(gate.insideBytes, 7);
});

test("what is larger than the whole enters when nothing else is inside", async () => {
  const gate = new ByteGate(10);
  assert.ok(gate.tryEnter(1));
  let isIn = false;
  const large = gate.enter(100, never).then(() => {
    isIn = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(!isIn);
  gate.leave(1);
  await large;
  gate.leave(100);
  assert.equal(gate.insideBytes, 0);
});

test("whoever gives up waiting takes nothing, and holds up nobody", async () => {
  const gate = new ByteGate(10);
  await gate.enter(10, never);
  const controller = new AbortController();
  const given = gate.enter(10, controller.signal);
  const next = gate.enter(5, never);
  controller.abort(new Error("gone"));
  await assert.rejects(given, /gone/);
  gate.leave(10);
  await next;
  assert.equal(gate.insideBytes, 5);
  await assert.rejects(gate.enter(1, controller.signal), /gone/);
});
