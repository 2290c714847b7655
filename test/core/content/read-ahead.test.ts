import assert from "node:assert/strict";
import { test } from "node:test";
import { ReadAhead } from "#core/content/read-ahead.js";

const KIB = 1024;
const MIB = 1024 * KIB;

test("the first read of a file has nothing fetched ahead", () => {
  assert.equal(new ReadAhead(100 * MIB).note(0, 128 * KIB), undefined);
  assert.equal(new ReadAhead(100 * MIB).note(50 * MIB, 128 * KIB), undefined);
});

test("whoever reads on is read ahead for by as much as he has read, up to 8 MiB", () => {
  const ahead = new ReadAhead(1000 * MIB);
  const windows: number[] = [];
  for (let at = 0; at < 32 * MIB; at += MIB) {
    const range = ahead.note(at, MIB);
    if (!range) continue;
    assert.equal(range.offsetBytes, at + MIB);
    windows.push(range.lengthBytes);
  }
  assert.deepEqual(
    windows.slice(0, 9),
    [1, 2, 3, 4, 5, 6, 7, 8, 8].map((mib) => mib * MIB),
  );
  assert.ok(Math.max(...windows) === 8 * MIB);
});

test("nothing is fetched ahead behind the end of the file", () => {
  const ahead = new ReadAhead(3 * MIB);
  ahead.note(0, MIB);
  assert.deepEqual(ahead.note(MIB, MIB), { offsetBytes: 2 * MIB, lengthBytes: MIB });
  assert.equal(ahead.note(2 * MIB, MIB), undefined);
});

test("a jump has nothing fetched ahead, and nobody else is disturbed by it", () => {
  const ahead = new ReadAhead(1000 * MIB);
  ahead.note(0, MIB);
  assert.ok(ahead.note(MIB, MIB));
  assert.equal(ahead.note(500 * MIB, MIB), undefined);
  assert.ok(ahead.note(2 * MIB, MIB));
  assert.ok(ahead.note(501 * MIB, MIB));
});

test("a tag reader's looks at the head and the end have nothing fetched ahead", () => {
  const ahead = new ReadAhead(40 * MIB);
  for (const [at, length] of [
    [0, 4 * KIB],
    [40 * MIB - 4 * KIB, 4 * KIB],
    [700 * KIB, 4 * KIB],
  ] as const)
    assert.equal(ahead.note(at, length), undefined);
});

test("whoever was answered by others for a while is known again behind what was fetched for him", () => {
  const ahead = new ReadAhead(1000 * MIB);
  for (let at = 0; at < 8 * MIB; at += MIB) ahead.note(at, MIB);
  assert.ok(ahead.note(15 * MIB, MIB));
});

test("who jumps about far away gets more and more of what lies around, and never beyond the file", () => {
  const ahead = new ReadAhead(100 * MIB);
  const jumps = [90, 10, 70, 30].map((at) => ahead.note(at * MIB, 4096, 20));
  assert.deepEqual(jumps, [undefined, undefined, undefined, undefined]);
  assert.deepEqual(ahead.note(50 * MIB, 4096, 20), { offsetBytes: 50 * MIB, lengthBytes: MIB / 4 });
  assert.deepEqual(ahead.note(20.5 * MIB, 4096, 20), { offsetBytes: 20 * MIB, lengthBytes: MIB });
  assert.deepEqual(ahead.note(61 * MIB, 4096, 20), { offsetBytes: 60 * MIB, lengthBytes: 4 * MIB });
  assert.deepEqual(ahead.note(99 * MIB, 4096, 20), { offsetBytes: 96 * MIB, lengthBytes: 4 * MIB });
});

test("who jumps about nearby gets what he asked for", () => {
  const ahead = new ReadAhead(100 * MIB);
  for (const at of [90, 10, 70, 30, 50, 20, 61, 99]) assert.equal(ahead.note(at * MIB, 4096, 1), undefined);
});

test("whoever reads on far away is read ahead for by four times what he has read", () => {
  const ahead = new ReadAhead(100 * MIB);
  ahead.note(0, MIB, 20);
  assert.deepEqual(ahead.note(MIB, MIB / 2, 20), { offsetBytes: 1.5 * MIB, lengthBytes: 2 * MIB });
  assert.deepEqual(ahead.note(1.5 * MIB, MIB, 20), { offsetBytes: 2.5 * MIB, lengthBytes: 6 * MIB });
});
