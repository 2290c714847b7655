import assert from "node:assert/strict";
import type { Chunker } from "../../core/model/chunker.js";
import { loadChunker } from "../../core/store/load-chunker.js";
import type { ContractCase, ContractSubject } from "./contract.js";
import { createRandom } from "./random.js";

/** Two chunkers that were made apart with the same options. */
export interface ChunkerSubject extends ContractSubject {
  readonly chunker: Chunker;
  readonly twin: Chunker;
  /**
   * Size that chunks of random data are meant to have, in bytes; the mean of many must lie within a third
   * of it.
   */
  readonly averageBytes: number;
}

export type ChunkerCase = ContractCase<ChunkerSubject>;

/** Chunks of average size in the data of each case. */
const CHUNKS = 200;

/** The contract of a chunker. */
export const chunkerContract: readonly ChunkerCase[] = [
  {
    name: "its sizes are whole numbers in order, and its id is a word",
    async run({ chunker, averageBytes }) {
      const { id, minBytes, maxBytes } = chunker;
      assert.match(id, /^[\w.-]{1,100}$/);
      for (const size of [minBytes, maxBytes]) assert.ok(Number.isSafeInteger(size) && size > 0, `${size}`);
      assert.ok(minBytes <= averageBytes && averageBytes <= maxBytes);
    },
  },
  {
    name: "chunks make up the input, none is empty or too big, and only the last may be too small",
    async run({ chunker, averageBytes }) {
      for (const data of samples(averageBytes)) {
        const sizes = chunkSizes(chunker, data);
        assert.equal(
          sizes.reduce((sum, size) => sum + size, 0),
          data.length,
        );
        sizes.slice(0, -1).forEach((size) => {
          assert.ok(size >= chunker.minBytes && size <= chunker.maxBytes, `a chunk of ${size}`);
        });
      }
    },
  },
  {
    name: "input shorter than the smallest chunk is one chunk",
    async run({ chunker }) {
      for (const length of [1, 2, 31, chunker.minBytes - 1, chunker.minBytes]) {
        if (length < 1) continue;
        assert.equal(chunker.cut(createRandom(4).bytes(length), 0, length), length, `${length} bytes`);
      }
    },
  },
  {
    name: "two chunkers with the same options cut alike, in any order of calls",
    async run({ chunker, twin, averageBytes }) {
      const data = createRandom(5).bytes(averageBytes * CHUNKS);
      const sizes = chunkSizes(chunker, data);
      const offsets = offsetsOf(sizes).reverse();
      const again = offsets.map((offset) => twin.cut(data, offset, data.length)).reverse();
      assert.equal(twin.id, chunker.id);
      assert.deepEqual(again, sizes);
    },
  },
  {
    name: "a cut depends on the bytes from `from` to `to` alone",
    async run({ chunker, averageBytes }) {
      const random = createRandom(6);
      const data = random.bytes(averageBytes * 20);
      let offset = 0;
      for (const size of chunkSizes(chunker, data)) {
        const rest = data.subarray(offset, offset + chunker.maxBytes);
        for (const before of [0, 1, 3, 4096 + random.below(10_000)]) {
          const padded = random.bytes(before + rest.length + 5000);
          padded.set(rest, before);
          assert.equal(chunker.cut(padded, before, before + rest.length), size, `${before} bytes before it`);
        }
        offset += size;
      }
    },
  },
  {
    name: "a cut is the same when the caller gives no more than the greatest chunk",
    async run({ chunker, averageBytes }) {
      const data = createRandom(7).bytes(averageBytes * 20);
      let offset = 0;
      for (const size of chunkSizes(chunker, data)) {
        const to = Math.min(data.length, offset + chunker.maxBytes);
        assert.equal(chunker.cut(data, offset, to), size);
        offset += size;
      }
    },
  },
  {
    name: "input is not written to, and may be shared memory",
    async run({ chunker, averageBytes }) {
      const data = createRandom(8).bytes(averageBytes * 20);
      const copy = Uint8Array.from(data);
      const sizes = chunkSizes(chunker, data);
      assert.ok(Buffer.compare(data, copy) === 0, "the input was changed");
      const shared = new Uint8Array(new SharedArrayBuffer(data.length));
      shared.set(data);
      assert.deepEqual(chunkSizes(chunker, shared), sizes);
      assert.deepEqual(chunkSizes(chunker, Buffer.from(data)), sizes);
    },
  },
  {
    name: "bytes that are put in, taken out or changed leave the chunks after them as they were",
    async run({ chunker, averageBytes }) {
      const data = createRandom(9).bytes(averageBytes * CHUNKS);
      const before = chunkSet(chunker, data);
      for (const edited of edits(data)) {
        const after = chunkSet(chunker, edited);
        const fresh = [...after].filter((chunk) => !before.has(chunk)).length;
        assert.ok(fresh <= 8, `${fresh} of ${after.size} chunks are new after one edit`);
      }
    },
  },
  {
    name: "chunks of random data have the size that they are meant to have",
    async run({ chunker, averageBytes }) {
      const data = createRandom(10).bytes(averageBytes * CHUNKS);
      const mean = data.length / chunkSizes(chunker, data).length;
      assert.ok(Math.abs(mean - averageBytes) <= averageBytes / 3, `the mean is ${mean}`);
    },
  },
  {
    name: "what a thread makes of its source cuts as it does",
    async run({ chunker, averageBytes }) {
      const made = await loadChunker(structuredClone(chunker.source));
      const data = createRandom(12).bytes(averageBytes * 20);
      assert.equal(made.id, chunker.id);
      assert.equal(made.maxBytes, chunker.maxBytes);
      assert.deepEqual(chunkSizes(made, data), chunkSizes(chunker, data));
    },
  },
];

function chunkSizes(chunker: Chunker, data: Uint8Array): number[] {
  const sizes: number[] = [];
  for (let from = 0; from < data.length; ) {
    const size = chunker.cut(data, from, data.length);
    assert.ok(Number.isSafeInteger(size) && size >= 1 && size <= data.length - from, `a cut at ${size}`);
    sizes.push(size);
    from += size;
  }
  return sizes;
}

function offsetsOf(sizes: readonly number[]): number[] {
  let offset = 0;
  return sizes.map((size) => {
    offset += size;
    return offset - size;
  });
}

function chunkSet(chunker: Chunker, data: Uint8Array): Set<string> {
  const sizes = chunkSizes(chunker, data);
  const offsets = offsetsOf(sizes);
  // Random chunks differ in their first bytes already; the size tells two that begin alike apart.
  return new Set(
    sizes.map((size, index) => {
      const offset = offsets[index] ?? 0;
      return `${size}:${Buffer.from(data.subarray(offset, offset + 32)).toString("hex")}`;
    }),
  );
}

function edits(data: Uint8Array): Uint8Array[] {
  const middle = Math.floor(data.length / 2);
  const changed = Uint8Array.from(data);
  changed[middle] = (changed[middle] ?? 0) ^ 0xff;
  const inserted = (at: number): Uint8Array =>
    Buffer.concat([data.subarray(0, at), Buffer.from("a tag that was edited"), data.subarray(at)]);
  return [
    inserted(0),
    inserted(10),
    inserted(middle),
    data.subarray(1),
    Buffer.concat([data.subarray(0, middle), data.subarray(middle + 1000)]),
    changed,
  ];
}

// Random bytes, bytes that all are the same, and text that repeats: what music, silence and tags look like.
function* samples(averageBytes: number): Generator<Uint8Array> {
  const length = averageBytes * 20 + 12_345;
  yield createRandom(11).bytes(length);
  yield new Uint8Array(length);
  yield new Uint8Array(length).fill(0xff);
  yield Buffer.alloc(length, "la la la ");
}
