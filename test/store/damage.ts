import assert from "node:assert/strict";
import { closeSync, openSync, readdirSync, readSync, statSync, utimesSync, writeSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "musicfs/testing";
import { readAllChecked } from "../support/checked-reads.js";
import { shownTracks, writeTracks } from "../support/store-library.js";
import { cacheStats, type StoreMount, settled, withStore } from "../support/store-mount.js";

/** Chunks are no bigger: flips that lie further apart are in different ones. */
const LARGEST_CHUNK = 256 * 1024;
const TRACK_BYTES = 16 * LARGEST_CHUNK;

/**
 * Damages `chunks` of a filled cache by a bit each, while the daemon runs and again after a restart, and sees
 * that readers get the origin's bytes all the same, and that every one of them was noticed.
 */
export async function damageChunks(library: string, chunks: number): Promise<void> {
  const tracks = Math.ceil(chunks / 15);
  writeTracks(library, tracks, TRACK_BYTES);
  await withStore({ library }, async (store) => {
    const { instance } = store;
    const first = await instance.start();
    await first.scanned();
    const shown = await shownTracks(instance.mountpoint, library);
    await requireRight(shown);
    await settled(instance, tracks);

    const before = (await cacheStats(instance)).corruptChunks;
    flipBits(store, chunks, 1);
    await requireRight(shown);
    assert.equal((await cacheStats(instance)).corruptChunks - before, chunks, "noticed while it ran");

    await settled(instance, tracks);
    await first.stop();
    flipBits(store, chunks, 2);
    const second = await instance.start();
    await second.scanned();
    await requireRight(shown);
    assert.equal((await cacheStats(instance)).corruptChunks, chunks, "noticed after the restart");
    await second.stop();
  });
}

async function requireRight(tracks: Parameters<typeof readAllChecked>[0]): Promise<void> {
  const { wrong, errors } = await readAllChecked(tracks);
  assert.deepEqual({ wrong, errors }, { wrong: [], errors: {} });
}

/** Flips one bit in each of `count` places of the blobs, with their times as they were. */
function flipBits({ cacheDir }: StoreMount, count: number, seed: number): void {
  const random = createRandom(seed);
  const places = blobsIn(cacheDir).flatMap((path) =>
    Array.from({ length: Math.floor(statSync(path).size / LARGEST_CHUNK) - 1 }, (_, piece) => ({
      path,
      // In the middle of each second piece's worth, so that two flips never share a chunk.
      offset: piece * LARGEST_CHUNK + LARGEST_CHUNK / 2,
    })),
  );
  assert.ok(places.length >= count, `${places.length} places for ${count} flips`);
  for (let flipped = 0; flipped < count; flipped++) {
    const [place] = places.splice(random.below(places.length), 1);
    if (place) flipBit(place.path, place.offset, 1 << random.below(8));
  }
}

function flipBit(path: string, offset: number, bit: number): void {
  const { atime, mtime } = statSync(path);
  const fd = openSync(path, "r+");
  const byte = Buffer.alloc(1);
  readSync(fd, byte, 0, 1, offset);
  byte[0] = (byte[0] ?? 0) ^ bit;
  assert.equal(writeSync(fd, byte, 0, 1, offset), 1);
  closeSync(fd);
  utimesSync(path, atime, mtime);
}

/** The files of the cache that hold tracks. */
function blobsIn(cacheDir: string): string[] {
  return readdirSync(cacheDir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => statSync(path).size === TRACK_BYTES)
    .sort();
}
