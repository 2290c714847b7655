import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { createAlignedMemory } from "../../../core/store/aligned-memory.js";
import { PIECE_MEMORY_BYTES, PieceKeeper, PieceMemory } from "../../../core/store/piece-memory.js";

const MIB = 1024 * 1024;
const TICKET = 7;

test("a piece is found by its blob's ticket and offset, also a range that goes over two of them", () => {
  const { keeper, readers } = open();
  const bytes = randomBytes(2 * MIB);
  keeper.keep(TICKET, 5 * MIB, bytes.subarray(0, MIB));
  keeper.keep(TICKET, 6 * MIB, bytes.subarray(MIB));
  const target = Buffer.alloc(MIB);
  assert.ok(readers.read(TICKET, 5.5 * MIB, target));
  assert.deepEqual(target, bytes.subarray(MIB / 2, 1.5 * MIB));
  assert.ok(readers.has(TICKET, 5 * MIB) && readers.has(TICKET, 7 * MIB - 1));
  assert.ok(!readers.has(TICKET, 5 * MIB - 1) && !readers.has(TICKET, 7 * MIB) && !readers.has(8, 5 * MIB));
  assert.ok(!readers.read(TICKET, 6.5 * MIB, target), "half of it is not here");
  assert.ok(!readers.read(8, 5 * MIB, target), "it is another blob's");
});

test("of a blob without a ticket nobody finds anything", () => {
  const { keeper, readers } = open();
  assert.equal(keeper.keep(0, 0, randomBytes(10))?.bytes.length, 10);
  assert.ok(!readers.has(0, 0));
  assert.ok(!readers.read(0, 0, Buffer.alloc(5)));
});

test("memory begins at a page, as writes past the page cache want it", () => {
  const kept = open().keeper.keep(TICKET, 0, randomBytes(100));
  assert.equal((kept?.bytes.byteOffset ?? 1) % 4096, 0);
});

test("what is not released is never used for anything else; then there is no room", () => {
  const { keeper, readers } = open();
  const pieces = fill(keeper);
  assert.ok(pieces.length > 1);
  assert.equal(keeper.keep(TICKET, 0, randomBytes(1)), undefined);
  pieces.forEach(({ byte }, index) => {
    assert.deepEqual(readOne(readers, index * MIB), byte);
  });
  assert.equal(keeper.keep(TICKET, 0, randomBytes(MIB + 1)), undefined, "it is too long");
});

test("of what was released, what was read to its end goes first, then the oldest", () => {
  const { keeper, readers } = open();
  const pieces = fill(keeper);
  for (const { release } of pieces) release(true);
  assert.ok(readers.read(TICKET, 3 * MIB, Buffer.alloc(MIB)));
  keeper.keep(TICKET, 1000 * MIB, randomBytes(MIB));
  assert.ok(!readers.has(TICKET, 3 * MIB));
  assert.ok(readers.has(TICKET, 0));
  keeper.keep(TICKET, 1001 * MIB, randomBytes(MIB));
  assert.ok(!readers.has(TICKET, 0));
  assert.ok(readers.has(TICKET, MIB));
});

test("what nobody wants goes at once, what was read at the next look, and what nobody came for after some seconds", () => {
  const { keeper, readers } = open();
  keeper.keep(TICKET, 0, randomBytes(100))?.release(false);
  assert.ok(!readers.has(TICKET, 0));
  for (const at of [0, MIB]) keeper.keep(TICKET, at, randomBytes(100))?.release(true);
  assert.ok(readers.read(TICKET, 0, Buffer.alloc(100)));
  keeper.expire();
  assert.deepEqual([readers.has(TICKET, 0), readers.has(TICKET, MIB)], [false, true]);
  keeper.expire(performance.now() + 6_000);
  assert.ok(!readers.has(TICKET, MIB));
});

function open(): { keeper: PieceKeeper; readers: PieceMemory } {
  const memory = createAlignedMemory(PIECE_MEMORY_BYTES);
  return { keeper: new PieceKeeper(memory, 0), readers: new PieceMemory(memory, 0) };
}

/** Keeps pieces of 1 MiB until there is no room. */
function fill(keeper: PieceKeeper): { byte: Buffer; release: (isWanted: boolean) => void }[] {
  const pieces = [];
  for (;;) {
    const bytes = randomBytes(MIB);
    const kept = keeper.keep(TICKET, pieces.length * MIB, bytes);
    if (!kept) return pieces;
    pieces.push({ byte: bytes.subarray(0, 1), release: kept.release });
  }
}

function readOne(readers: PieceMemory, offsetBytes: number): Buffer {
  const target = Buffer.alloc(1);
  assert.ok(readers.read(TICKET, offsetBytes, target));
  return target;
}
