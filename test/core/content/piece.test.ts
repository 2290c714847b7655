import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { BUFFER_BYTES, BufferPool } from "../../../core/content/buffer-pool.js";
import { Piece, PieceDroppedError } from "../../../core/content/piece.js";

const RANGE = { from: 1, to: 3 };
const SIZE = 1_000_000;
const never = new AbortController().signal;

test("bytes of a piece are lent to all who wait, and unused when the last has done with them and they are written", async () => {
  const piece = new Piece(RANGE, SIZE, false);
  let unused = 0;
  const ends: (() => void)[] = [];
  const slow = (bytes: Uint8Array): Promise<number> =>
    new Promise((resolve) => ends.push(() => resolve(bytes.length)));
  const first = piece.lend(never, slow);
  const second = piece.lend(never, slow);
  piece.arrive(new Uint8Array(piece.lengthBytes), () => {
    unused += 1;
  });
  await turn();
  assert.equal(ends.length, 2);
  ends[0]?.();
  assert.equal(await first, piece.lengthBytes);
  piece.end();
  assert.equal(unused, 0, "somebody still reads them");
  const third = piece.lend(never, (bytes) => bytes.length);
  ends[1]?.();
  await Promise.all([second, third]);
  assert.equal(unused, 1);
});

test("a reader that goes away does not give back what another still reads", async () => {
  const piece = new Piece(RANGE, SIZE, false);
  let unused = 0;
  let end = (): void => undefined;
  const leaving = new AbortController();
  const left = piece.lend(leaving.signal, () => assert.fail("it went away before they came"));
  const reading = piece.lend(
    never,
    () =>
      new Promise<void>((resolve) => {
        end = resolve;
      }),
  );
  leaving.abort();
  await assert.rejects(left, { name: "AbortError" });
  assert.ok(!piece.signal.aborted);
  piece.arrive(new Uint8Array(piece.lengthBytes), () => {
    unused += 1;
  });
  piece.end();
  await turn();
  assert.equal(unused, 0);
  end();
  await reading;
  assert.equal(unused, 1);
});

test("what nobody waits for any more is given up, and its memory never used again", async () => {
  const piece = new Piece(RANGE, SIZE, false);
  const leaving = new AbortController();
  const left = piece.lend(leaving.signal, () => undefined);
  leaving.abort();
  await assert.rejects(left);
  assert.ok(piece.signal.aborted);
  await assert.rejects(
    piece.lend(never, () => undefined),
    PieceDroppedError,
  );
  piece.fail(new Error("given up"));
  piece.end();
});

test("a pool gives the buffer that came back last, and makes one where there is none", () => {
  const pool = new BufferPool();
  const [first, second] = [pool.take(1000), pool.take(BUFFER_BYTES)];
  const placeOf = ({ buffer, byteOffset }: Uint8Array) => ({ buffer, byteOffset });
  assert.notDeepEqual(placeOf(first), placeOf(second));
  assert.deepEqual([first.length, second.length], [1000, BUFFER_BYTES]);
  pool.give(first);
  pool.give(second);
  assert.deepEqual(placeOf(pool.take(10)), placeOf(first));
  assert.deepEqual(placeOf(pool.take(BUFFER_BYTES - 10)), placeOf(second));
  assert.ok(first.buffer.byteLength < BUFFER_BYTES, "a block does not take the memory of a whole piece");
  const large = pool.take(BUFFER_BYTES + 1);
  assert.equal(large.length, BUFFER_BYTES + 1);
  pool.give(large);
  assert.notEqual(pool.take(10).buffer, large.buffer);
});
