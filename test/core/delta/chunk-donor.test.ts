import assert from "node:assert/strict";
import { test } from "node:test";
import { findChunks } from "#core/delta/chunk-donor.js";
import type { Donor } from "#core/delta/donor.js";
import type { OriginChunk, OriginChunks } from "#core/model/origin.js";
import type { ContentStore } from "#core/store/content-store.js";
import { hashOfChunk } from "#core/store/manifest.js";
import { createRandom } from "../../contracts/random.js";

const LENGTHS = Array.from({ length: 40 }, (_, index) => 10_000 + 997 * index);
const SIZE = LENGTHS.reduce((sum, length) => sum + length, 0);
const CONTENT = Buffer.from(createRandom(1).bytes(SIZE));
const FILE = { path: "a.flac", sizeBytes: SIZE, mtimeMs: 1 };
const noAbort = new AbortController().signal;

const chunks: readonly OriginChunk[] = LENGTHS.map((lengthBytes, index) => {
  const from = LENGTHS.slice(0, index).reduce((sum, length) => sum + length, 0);
  return { lengthBytes, hash: hashOfChunk(CONTENT.subarray(from, from + lengthBytes)) };
});

/** Two of three chunks are here. */
const isHere = (hash: Uint8Array): boolean =>
  chunks.findIndex((one) => Buffer.compare(one.hash, hash) === 0) % 3 !== 0;

/** As much of a store as chunks are looked for in. */
const store = {
  index: { chunks: { placeOf: (hash: Uint8Array) => (isHere(hash) ? {} : undefined) } },
  chunks: { readByHash: async (hash: Uint8Array) => bytesOf(hash) },
} as unknown as ContentStore;

const honest: OriginChunks = {
  manifest: async () => chunks,
  read: async (_, wanted) => wanted.map(({ hash }) => bytesOf(hash)),
};

function bytesOf(hash: Uint8Array): Buffer {
  const index = chunks.findIndex((one) => Buffer.compare(one.hash, hash) === 0);
  const from = LENGTHS.slice(0, index).reduce((sum, length) => sum + length, 0);
  return CONTENT.subarray(from, from + (LENGTHS[index] ?? 0));
}

async function donorOf(origin: OriginChunks): Promise<Donor> {
  const fetchRange = async ({ from, to }: { from: number; to: number }) => CONTENT.subarray(from, to);
  const donor = await findChunks(FILE, origin, store, fetchRange, noAbort);
  assert.ok(donor);
  return donor;
}

test("what is here and what is not make up any range", async () => {
  const donor = await donorOf(honest);
  const random = createRandom(2);
  for (let round = 0; round < 300; round += 1) {
    const from = random.below(SIZE - 1);
    const to = from + 1 + random.below(SIZE - from);
    const joined: Uint8Array[] = [];
    let at = from;
    for (const part of await donor.parts({ from, to })) {
      assert.equal(part.from, at);
      at = part.to;
      const bytes = part.isKept ? await donor.take(part) : await donor.fetch?.(part, noAbort);
      joined.push(bytes as Uint8Array);
    }
    assert.equal(at, to);
    assert.ok(Buffer.concat(joined).equals(CONTENT.subarray(from, to)), `${from} to ${to}`);
  }
});

test("a chunk that is not what its hash says is an error, and so are missing ones", async () => {
  const all = { from: 0, to: LENGTHS[0] ?? 0 };
  const lies: OriginChunks["read"][] = [
    async (_, wanted) => wanted.map(({ lengthBytes }) => new Uint8Array(lengthBytes)),
    async (_, wanted) => wanted.map(({ lengthBytes }) => new Uint8Array(lengthBytes + 1)),
    async () => [],
  ];
  for (const read of lies) {
    const donor = await donorOf({ ...honest, read });
    await assert.rejects(async () => donor.fetch?.(all, noAbort), { name: "OriginError", kind: "wrong" });
  }
});

test("a manifest that is not the file is an error", async () => {
  const [first, ...others] = chunks as [OriginChunk, ...OriginChunk[]];
  const lies: (readonly OriginChunk[])[] = [
    [],
    others,
    [...chunks, first],
    [{ ...first, lengthBytes: SIZE * 2 }],
    [{ ...first, lengthBytes: -5 }, ...others],
    [{ ...first, lengthBytes: Number.NaN }, ...others],
    Array.from({ length: SIZE }, () => ({ ...first, lengthBytes: 0 })),
  ];
  for (const manifest of lies) {
    const lying = { ...honest, manifest: async () => manifest };
    await assert.rejects(donorOf(lying), { name: "OriginError", kind: "wrong" });
  }
  assert.equal(
    await findChunks(
      FILE,
      { ...honest, manifest: async () => undefined },
      store,
      async () => CONTENT,
      noAbort,
    ),
    undefined,
  );
});
