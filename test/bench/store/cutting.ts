import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { crc32 } from "node:zlib";
import { chunkerFastcdc } from "musicfs/plugins";
import { setUpPlugin } from "musicfs/testing";
import { BLOCK_BYTES } from "#core/store/block-set.js";
import { StoreThread } from "#core/store/store-thread.js";
import type { BenchContext } from "../context.js";
import { type Rounds, type Row, record } from "../rows.js";

/** Cuts in a round, of which the median counts. */
const REPEATS = 5;

/** The thread that cuts and hashes what has become whole, on a track in the page cache. */
export async function measureCutting({ options, say }: BenchContext, path: string): Promise<Row[]> {
  say("cutting and hashing");
  const rounds: Rounds = {};
  const { chunker: chunkerOf, close } = await setUpPlugin(chunkerFastcdc());
  const { source } = await chunkerOf();
  const bytes = readFileSync(path);
  const sums = Uint32Array.from({ length: Math.ceil(bytes.length / BLOCK_BYTES) }, (_, block) =>
    crc32(bytes.subarray(block * BLOCK_BYTES, (block + 1) * BLOCK_BYTES)),
  );
  const thread = new StoreThread();
  const fd = openSync(path, "r");
  try {
    readSync(fd, Buffer.alloc(1), 0, 1, 0);
    for (let round = 0; round < REPEATS * options.rounds; round++) {
      const startedMs = performance.now();
      await thread.run({ kind: "cut", fd, sizeBytes: bytes.length, sums, chunker: source });
      record(rounds, "musicfs", bytes.length / 1000 / (performance.now() - startedMs));
    }
  } finally {
    closeSync(fd);
    await thread.end();
    await close();
  }
  return [
    {
      figure: "cutting, hashing and comparing sums, one thread",
      unit: "MB/s",
      rounds,
      target: { subject: "musicfs", atLeast: 400 },
    },
  ];
}
