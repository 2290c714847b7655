import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { pathFromBytes, pathToBytes } from "#core/content/path-bytes.js";

const toBuffer = (path: string) => Buffer.from(pathToBytes(path) as string);
// Bytes that make broken, overlong and private-use sequences likely.
const awkwardByte = fc.oneof(
  fc.constantFrom(0x61, 0x2f, 0xc3, 0xa9, 0xe2, 0xed, 0xa0, 0xef, 0x9e, 0x9f, 0x80, 0xbf, 0xf0, 0xf4, 0xff),
  fc.integer({ min: 1, max: 255 }),
);
const bytesOfName = fc.array(awkwardByte, { maxLength: 40 }).map((bytes) => Buffer.from(bytes));

test("every string of bytes comes back from its path", () => {
  fc.assert(
    fc.property(bytesOfName, (bytes) => {
      assert.deepEqual(toBuffer(pathFromBytes(bytes)), bytes);
    }),
    { numRuns: 20_000 },
  );
});

test("a path is always well-formed text, so a database keeps it as it is", () => {
  fc.assert(
    fc.property(bytesOfName, (bytes) => {
      const path = pathFromBytes(bytes);
      assert.equal(Buffer.from(path).toString("utf8"), path);
    }),
    { numRuns: 5_000 },
  );
});

test("valid UTF-8 stays itself", () => {
  for (const name of ["a/b", "Motörhead", "初音ミク", "🎵.flac", "\uFEFFbom", "\uF77F\uF800\uE000"]) {
    assert.equal(pathFromBytes(Buffer.from(name)), name);
    assert.equal(pathToBytes(name), name);
  }
});

test("bytes that are not UTF-8 become U+F700 + byte, also beside valid text", () => {
  assert.equal(pathFromBytes(Buffer.from("caf\xe9.mp3", "latin1")), "caf\uF7E9.mp3");
  assert.deepEqual(pathToBytes("é\uF7E9"), Buffer.from([0xc3, 0xa9, 0xe9]));
});

test("a name that holds the escapes' own code points is told apart from the bytes they stand for", () => {
  const honest = Buffer.from("\uF7E9");
  assert.notEqual(pathFromBytes(honest), pathFromBytes(Buffer.of(0xe9)));
  assert.deepEqual(toBuffer(pathFromBytes(honest)), honest);
});
