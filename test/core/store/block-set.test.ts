import assert from "node:assert/strict";
import { test } from "node:test";
import { BLOCK_BYTES, BlockSet, blockCountOf, blocksOf } from "#core/store/block-set.js";
import { createRandom } from "../../contracts/random.js";

test("a range of bytes lies in the blocks that hold any of it", () => {
  assert.deepEqual(blocksOf(0, 1), { from: 0, to: 1 });
  assert.deepEqual(blocksOf(0, BLOCK_BYTES), { from: 0, to: 1 });
  assert.deepEqual(blocksOf(BLOCK_BYTES - 1, 2), { from: 0, to: 2 });
  assert.deepEqual(blocksOf(5 * BLOCK_BYTES, 0), { from: 5, to: 5 });
  assert.equal(blockCountOf(0), 0);
  assert.equal(blockCountOf(BLOCK_BYTES + 1), 2);
});

test("a set of blocks is what a plain set is, whatever is added, removed and asked", () => {
  const random = createRandom(3);
  for (let round = 0; round < 30; round += 1) {
    const blocks = 1 + random.below(200);
    const model = new Set<number>();
    let set = new BlockSet(blocks);
    for (let step = 0; step < 200; step += 1) {
      const from = random.below(blocks);
      const range = { from, to: from + random.below(blocks - from + 1) };
      const isAdding = random.oneIn(2);
      for (let block = range.from; block < range.to; block += 1) {
        if (isAdding) model.add(block);
        else model.delete(block);
      }
      if (isAdding) set.add(range);
      else set.remove(range);
      assert.equal(set.size, model.size);
      assert.equal(set.isFull, model.size === blocks);
      const asked = { from: random.below(blocks), to: blocks };
      const missing = [...set.runs(asked, false)].flatMap(numbers);
      const expected = numbers(asked).filter((block) => !model.has(block));
      assert.deepEqual(missing, expected);
      assert.equal(set.hasAll(asked), expected.length === 0);
      if (random.oneIn(10)) set = new BlockSet(blocks, set.bytes);
    }
  }
});

test("bits beyond the end of an earlier set are not in it", () => {
  const set = new BlockSet(3, Uint8Array.of(0xff, 0xff));
  assert.equal(set.size, 3);
  assert.ok(set.isFull);
});

test("the last block counts for what the file has of it", () => {
  const sizeBytes = 2 * BLOCK_BYTES + 100;
  const set = new BlockSet(blockCountOf(sizeBytes));
  set.add({ from: 1, to: 3 });
  assert.equal(set.byteCount(sizeBytes), BLOCK_BYTES + 100);
  set.remove({ from: 2, to: 3 });
  assert.equal(set.byteCount(sizeBytes), BLOCK_BYTES);
});

function numbers({ from, to }: { from: number; to: number }): number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
