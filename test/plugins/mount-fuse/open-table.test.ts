import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import {
  createOpenTableMemory,
  IDLE_CAPACITY,
  OPEN_MODE,
  type OpenFile,
  OpenTable,
} from "../../../plugins/mount-fuse/open-table.js";

function createTable(capacity = 256): OpenTable {
  return new OpenTable(createOpenTableMemory(capacity), 1);
}

function file(fd: number, sizeBytes = 0): OpenFile {
  return {
    mode: OPEN_MODE.copy,
    fd,
    backingId: fd * 10,
    sizeBytes,
    mtimeMs: 1.5,
    changeSeconds: -7,
    changeNanoseconds: 9,
  };
}

const nothing = () => ({ fd: -1, backingId: 0 });

test("an inode is entered once, and its file stays while anybody uses it", () => {
  const table = createTable();
  const slot = table.enter(7, 32, file(3, 2 ** 40));
  assert.equal(table.enter(7, 32, file(4)), slot);
  assert.equal(table.acquire(7, 32), slot);
  assert.equal(table.acquire(7, 64), -1, "another revision is another inode");
  assert.deepEqual([table.fd(slot), table.sizeBytes(slot), table.mtimeMs(slot)], [3, 2 ** 40, 1.5]);
  assert.deepEqual([table.changeSeconds(slot), table.changeNanoseconds(slot)], [-7, 9]);
  assert.equal(table.openFiles, 1);
  const leftover = nothing();
  assert.equal(table.release(slot, false, leftover), false);
  assert.equal(table.release(slot, false, leftover), false);
  assert.equal(table.release(slot, false, leftover), true);
  assert.deepEqual(leftover, { fd: 3, backingId: 30 });
  assert.deepEqual([table.openFiles, table.isOpen(slot), table.find(7, 32)], [0, false, -1]);
});

test("words with the highest bit set are found again", () => {
  const table = createTable();
  const slot = table.enter(0xffffffff, 0xfffffff0, file(3));
  assert.equal(table.acquire(0xffffffff, 0xfffffff0), slot);
});

test("a full table says so, and takes what comes after a release", () => {
  const table = createTable(4);
  const slots = [1, 2, 3, 4].map((ino) => table.enter(ino, 0, file(ino)));
  assert.equal(new Set(slots).size, 4);
  assert.equal(table.enter(5, 0, file(5)), -1);
  table.release(slots[1] as number, false, nothing());
  assert.equal(table.enter(5, 0, file(5)), slots[1]);
});

test("a file that is closed stays ready for two sweeps, and opening it again keeps it", () => {
  const table = createTable();
  const slot = table.enter(1, 0, file(3));
  assert.equal(table.release(slot, true, nothing()), false);
  assert.deepEqual([table.openFiles, table.isOpen(slot)], [0, false]);
  assert.deepEqual(table.expireIdle(), []);
  assert.equal(table.acquire(1, 0), slot);
  assert.equal(table.openFiles, 1);
  assert.deepEqual(table.expireIdle(), []);
  assert.deepEqual(table.expireIdle(), []);
  table.release(slot, true, nothing());
  assert.deepEqual(table.expireIdle(), []);
  assert.deepEqual(table.expireIdle(), [{ fd: 3, backingId: 30 }]);
  assert.equal(table.acquire(1, 0), -1);
});

test("whoever has been idle for longest makes room", () => {
  const table = createTable();
  const slots = Array.from({ length: IDLE_CAPACITY + 1 }, (_, at) => table.enter(at, 0, file(at + 1)));
  const closed = slots.flatMap((slot) => {
    const leftover = nothing();
    return table.release(slot, true, leftover) ? [leftover.fd] : [];
  });
  assert.deepEqual(closed, [1]);
  assert.equal(table.find(0, 0), -1);
  assert.notEqual(table.find(1, 0), -1);
});

test("drain gives every descriptor once, idle ones included", () => {
  const table = createTable();
  const slots = Array.from({ length: 100 }, (_, at) => table.enter(at, 0, file(at + 1)));
  for (const slot of slots.slice(0, 50)) table.release(slot, true, nothing());
  const fds = [...table.drain()].map(({ fd }) => fd).sort((a, b) => a - b);
  assert.deepEqual(
    fds,
    slots.map((_, at) => at + 1),
  );
  assert.deepEqual([...table.drain()], []);
});

test("threads that open and close the same inodes lose no descriptor and close none twice", async () => {
  const memory = createOpenTableMemory(64);
  const results = await Promise.all([2, 3, 4].map((owner) => runHammer(memory, owner)));
  const table = new OpenTable(memory, 1);
  const entered = results.flatMap((result) => result.entered);
  const closed = [...results.flatMap((result) => result.closed), ...[...table.drain()].map(({ fd }) => fd)];
  assert.ok(entered.length > 100);
  assert.deepEqual(closed.sort(byNumber), entered.sort(byNumber));
});

const byNumber = (a: number, b: number) => a - b;

async function runHammer(memory: SharedArrayBuffer, owner: number) {
  const worker = new Worker(new URL("./open-table-hammer.js", import.meta.url), {
    workerData: { memory, owner },
  });
  const [result] = await once(worker, "message");
  return result as { entered: number[]; closed: number[] };
}
