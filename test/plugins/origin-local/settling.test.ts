import assert from "node:assert/strict";
import { test } from "node:test";
import { Settling } from "../../../plugins/origin-local/settling.js";

test("a path is told when nothing has happened to it for half a second", () => {
  const settling = new Settling();
  settling.note("a", 0);
  settling.note("a", 400);
  settling.note("b", 100);
  assert.deepEqual(settling.take(599), []);
  assert.deepEqual(settling.take(600), ["b"]);
  assert.deepEqual(settling.take(900), ["a"]);
  assert.ok(settling.isEmpty);
});

test("what is gone waits longer than what it may have become", () => {
  const settling = new Settling();
  settling.note("old", 0, true);
  settling.note("new", 100);
  assert.deepEqual(settling.take(600), ["new"]);
  assert.deepEqual(settling.take(650), ["old"]);
});

test("a path that was told too soon waits longer each time, and no longer when it has been quiet", () => {
  const settling = new Settling();
  const waits: number[] = [];
  let now = 0;
  for (let round = 0; round < 7; round += 1) {
    settling.note("growing", now);
    let waited = 0;
    while (settling.take(now + waited).length === 0) waited += 100;
    waits.push(waited);
    now += waited;
  }
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 8000, 8000]);
  settling.note("growing", now + 20_000);
  assert.deepEqual(settling.take(now + 20_500), ["growing"]);
});

test("too many paths become one that stands for everything", () => {
  const settling = new Settling(100);
  for (let index = 0; index < 1000; index += 1) settling.note(`${index}`, index / 10);
  assert.deepEqual(settling.take(10_000), [""]);
  assert.ok(settling.isEmpty);
});
