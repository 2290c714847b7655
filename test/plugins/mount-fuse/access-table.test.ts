import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ACCESSES_PER_WORKER,
  AccessTable,
  BRIEF_MS,
  createAccessMemory,
} from "../../../plugins/mount-fuse/access-table.js";

let nowMs = 0;

function openTable(workers = 1, worker = 1, memory = createAccessMemory(workers)): AccessTable {
  return new AccessTable(memory, worker, () => nowMs);
}

test("what is held is told with its opener, its bytes and what else the thread opened", () => {
  const memory = createAccessMemory(2);
  const [one, other] = [openTable(2, 1, memory), openTable(2, 2, memory)];
  nowMs = 100;
  const number = one.begin(7, 9, 4242);
  other.begin(8, 9, 4242);
  one.copied(number, 10);
  other.copied(number, 5);
  nowMs += BRIEF_MS;
  other.end(number);
  const ended = [...one.held()].find((access) => access.number === number);
  assert.deepEqual(ended, {
    number,
    low: 7,
    high: 9,
    pid: 4242,
    openedMs: 100,
    endedMs: 100 + BRIEF_MS,
    copiedBytes: 15,
    otherOpens: 1,
  });
  one.forget(number);
  assert.equal([...one.held()].length, 1, "the other is still open");
});

test("what was closed after a moment leaves no trace, and its place is free", () => {
  const table = openTable();
  for (let round = 0; round < 10 * ACCESSES_PER_WORKER; round++) {
    const number = table.begin(round, 0, 1);
    assert.notEqual(number, 0);
    table.end(number);
  }
  assert.deepEqual([...table.held()], []);
});

test("more than there is room for are not watched, and do no harm", () => {
  const table = openTable();
  const numbers = Array.from({ length: ACCESSES_PER_WORKER + 50 }, (_, at) => table.begin(at, 0, at));
  assert.equal(numbers.filter((number) => number === 0).length, 50);
  for (const number of [...numbers, 0, -1, 1e9]) {
    table.copied(number, 1);
    table.end(number);
  }
  assert.deepEqual([...table.held()], []);
  assert.notEqual(table.begin(1, 0, 1), 0);
});
