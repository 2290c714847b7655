import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { BlobPublisher, BlobTable, createBlobTableMemory } from "#core/store/blob-table.js";
import { BLOCK_BYTES } from "#core/store/block-set.js";

const place = () => ({ slot: -1, ticket: 0 });

test("what was published is found by every inode that is linked to it, and by no other", () => {
  const memory = createBlobTableMemory();
  const publisher = new BlobPublisher(memory);
  const table = new BlobTable(memory);
  const slot = publisher.publish(17, 40);
  publisher.link(5, 1, slot);
  publisher.link(2 ** 36, 65_535, slot);
  publisher.link(5, 1, slot);
  const found = place();
  for (const [ino, revision] of [
    [5, 1],
    [2 ** 36, 65_535],
  ] as const) {
    assert.ok(table.find(ino, revision, found));
    assert.equal(table.fd(found.slot), 17);
  }
  assert.deepEqual(publisher.linksOf(slot), [
    { ino: 5, revision: 1 },
    { ino: 2 ** 36, revision: 65_535 },
  ]);
  for (const [ino, revision] of [
    [5, 0],
    [6, 1],
    [5, 2],
  ] as const)
    assert.ok(!table.find(ino, revision, found));
});

test("only blocks that are allowed are held", () => {
  const publisher = new BlobPublisher(createBlobTableMemory());
  const slot = publisher.publish(1, 100);
  publisher.allow(slot, 30, 40);
  assert.ok(publisher.holds(slot, 30 * BLOCK_BYTES, 10 * BLOCK_BYTES));
  assert.ok(publisher.holds(slot, 40 * BLOCK_BYTES - 1, 1));
  assert.ok(!publisher.holds(slot, 30 * BLOCK_BYTES - 1, 2));
  assert.ok(!publisher.holds(slot, 40 * BLOCK_BYTES - 1, 2));
});

test("a blob that was retired is not found, and whoever found it before is told", () => {
  const publisher = new BlobPublisher(createBlobTableMemory());
  const slot = publisher.publish(1, 10);
  publisher.link(9, 0, slot);
  const before = place();
  assert.ok(publisher.find(9, 0, before));
  publisher.retire(slot);
  assert.ok(!publisher.isCurrent(before));
  assert.ok(!publisher.find(9, 0, place()));
  const again = publisher.publish(2, 10);
  publisher.link(9, 0, again);
  assert.ok(!publisher.isCurrent(before), "another blob took its place");
  assert.ok(!publisher.holds(again, 0, 1), "blocks of the blob before are allowed");
});

test("a blob is as it was left until its file's time is another, unless it is being written", () => {
  const publisher = new BlobPublisher(createBlobTableMemory());
  const slot = publisher.publish(1, 10);
  assert.ok(!publisher.isAsLeft(slot, 0, 0));
  publisher.setLeft(slot, 100, 5);
  assert.ok(publisher.isAsLeft(slot, 100, 5));
  assert.ok(!publisher.isAsLeft(slot, 100, 6));
  publisher.setInFlux(slot, true);
  assert.ok(publisher.isAsLeft(slot, 100, 6));
});

test("reads are counted until they are taken", () => {
  const publisher = new BlobPublisher(createBlobTableMemory());
  const slot = publisher.publish(1, 10);
  publisher.countRead(slot, 1000);
  publisher.countRead(slot, 4096);
  assert.deepEqual(publisher.takeReads(slot), { reads: 2, bytes: 5 * 1024 });
  assert.deepEqual(publisher.takeReads(slot), { reads: 0, bytes: 0 });
});

test("there is room again for as much as was retired, of any size", () => {
  const publisher = new BlobPublisher(createBlobTableMemory());
  for (let round = 0; round < 5; round += 1) {
    const slots: number[] = [];
    for (let slot = publisher.publish(1, 1 + slots.length * 50); slot >= 0; slot = publisher.publish(1, 1)) {
      publisher.link(slots.length, 0, slot);
      slots.push(slot);
    }
    assert.equal(slots.length, 2048);
    for (const slot of slots) publisher.retire(slot);
  }
});

test("a thread that reads while blobs come and go never takes one for another", async () => {
  const memory = createBlobTableMemory();
  const publisher = new BlobPublisher(memory);
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(fileURLToPath(new URL("blob-table-reader.js", import.meta.url)), {
    workerData: { memory, stop: stop.buffer },
  });
  const [ready] = await once(worker, "message");
  assert.equal(ready, "ready");
  // A blob of inode `n` has the descriptor `n`: whoever finds it under a good ticket must see just that.
  const slots: number[] = [];
  const endMs = performance.now() + 1500;
  for (let step = 0; performance.now() < endMs; step += 1) {
    const ino = step % 300;
    const slot = publisher.publish(ino, 64);
    publisher.allow(slot, 0, 64);
    publisher.link(ino, 0, slot);
    slots.push(slot);
    if (slots.length > 50) publisher.retire(slots.shift() as number);
  }
  Atomics.store(stop, 0, 1);
  const [{ found, wrong }] = await once(worker, "message");
  assert.ok(found > 1000, `${found} were found`);
  assert.equal(wrong, 0);
});
