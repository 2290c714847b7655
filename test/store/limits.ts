import assert from "node:assert/strict";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CacheDisk, loopDisk, memoryDisk } from "../support/cache-disk.js";
import { type CheckedResult, readAllChecked, startCheckedReads } from "../support/checked-reads.js";
import { until } from "../support/process.js";
import { type ShownTrack, shownTracks, writeTracks } from "../support/store-library.js";
import { cacheStats, type StoreMount, withStore } from "../support/store-mount.js";

const MB = 1_000_000;
const SAMPLE_EVERY_MS = 20;
/** Greatest window that is fetched at a time: what may lie on the disk above the limit for a moment. */
const WINDOW_BYTES = 8 * 1024 * 1024;

export interface Sizes {
  readonly tracks: number;
  readonly trackBytes: number;
  readonly diskBytes: number;
  readonly maxBytes: number;
  readonly readers: number;
}

/**
 * Reads a library through a cache that is a tenth of it, on a disk that has hardly more room, and watches the
 * disk meanwhile: the limit holds at every moment, and no reader sees an error.
 */
export async function holdTheLimit(library: string, sizes: Sizes): Promise<void> {
  const { tracks, trackBytes, diskBytes, maxBytes, readers } = sizes;
  writeTracks(library, tracks, trackBytes);
  const policy = `cacheLru({ maxBytes: ${maxBytes}, minFreeBytes: 0 })`;
  const disk = (folder: string) => memoryDisk(folder, `size=${diskBytes}`);
  await withStore({ library, policy, disk }, async (store) => {
    const { instance } = store;
    const daemon = await instance.start();
    await daemon.scanned();
    const shown = await shownTracks(instance.mountpoint, library);
    const emptyBytes = store.disk().usedBytes();
    const peak = watchPeak(store.disk());
    requireRight(await readAllChecked(shown, readers));
    requireRight(await readAllChecked([...shown].reverse(), readers));
    const usedBytes = peak.end() - emptyBytes;
    assert.ok(usedBytes <= maxBytes + WINDOW_BYTES, `${usedBytes} bytes were taken of ${maxBytes}`);
    assert.ok(usedBytes > maxBytes / 2, `the cache was never filled: ${usedBytes} bytes`);
    assert.ok((await cacheStats(instance)).evictions > 0, "nothing was evicted");
    await daemon.stop();
  });
}

/** A disk that is full for a while, of another program's files: reads go on, and the cache comes back. */
export async function surviveFullDisk(library: string): Promise<void> {
  writeTracks(library, 12, 2 * MB);
  const disk = (folder: string) => memoryDisk(folder, "size=16m");
  await withStore({ library, disk }, async (store) => {
    const { instance } = store;
    const daemon = await instance.start();
    await daemon.scanned();
    const shown = await shownTracks(instance.mountpoint, library);
    const filler = join(store.cacheDir, "..", "filler");
    // It takes what the cache gives up, too.
    await until("the cache is off", async () => {
      fill(filler, store.disk());
      requireRight(await readAllChecked(shown));
      return (await cacheStats(instance)).state === "off";
    });
    requireRight(await readAllChecked(shown));
    assert.equal(occurrences(daemon.stderr(), /the cache in \S+ cannot be written/gu), 1, daemon.stderr());
    rmSync(filler);
    await until("the cache is on again, and keeps what is read", async () => {
      requireRight(await readAllChecked(shown.slice(0, 2)));
      const { state, logicalBytes } = await cacheStats(instance);
      return state === "on" && logicalBytes >= 4 * MB;
    });
    await daemon.stop();
  });
}

/** A disk with room for a few files only. */
export async function surviveFewInodes(library: string): Promise<void> {
  writeTracks(library, 40, MB / 2);
  const disk = (folder: string) => memoryDisk(folder, "size=64m,nr_inodes=30");
  await withStore({ library, disk }, async (store) => {
    const { instance } = store;
    const daemon = await instance.start();
    await daemon.scanned();
    const shown = await shownTracks(instance.mountpoint, library);
    requireRight(await readAllChecked(shown));
    assert.equal(store.disk().freeInodes(), 0, "the disk still had room for files");
    requireRight(await readAllChecked(shown));
    await daemon.stop();
  });
}

/** A disk that fails every call from one moment on, reads too: what is opened then comes from the origin. */
export async function surviveDeadDisk(library: string): Promise<void> {
  writeTracks(library, 24, 2 * MB);
  const disk = (folder: string, home: string) => loopDisk(folder, home, "ext4", 256 * MB);
  await withStore({ library, disk }, async (store) => {
    const { instance } = store;
    const daemon = await instance.start();
    await daemon.scanned();
    const shown = await shownTracks(instance.mountpoint, library);
    requireRight(await readAllChecked(shown.slice(0, 6)));
    await store.disk().cutPower();
    assert.throws(() => store.disk().touch(), { code: "EIO" });
    const { wrong } = await readAllChecked(shown);
    assert.deepEqual(wrong, []);
    await until("the cache is off", async () => (await cacheStats(instance)).state === "off");
    requireRight(await readAllChecked(shown));
    await daemon.stop();
  });
}

/** Readers and evictions race for `durationMs` in a cache that holds two of the files that are read. */
export async function raceEvictions(library: string, durationMs: number): Promise<void> {
  writeTracks(library, 20, MB);
  const policy = `cacheLru({ maxBytes: ${2 * MB}, minFreeBytes: 0 })`;
  await withStore({ library, policy }, async ({ instance }) => {
    const daemon = await instance.start();
    await daemon.scanned();
    const tracks = await shownTracks(instance.mountpoint, library);
    const reads = await startCheckedReads({ tracks, readers: 32, readsPerFile: 5, durationMs });
    requireRight(await reads.result);
    const { evictions, storedBytes } = await cacheStats(instance);
    assert.ok(evictions > tracks.length, `only ${evictions} evictions`);
    assert.ok(storedBytes <= 2 * MB, `${storedBytes} bytes are stored`);
    await daemon.stop();
  });
}

/** The cache's folder goes while the daemon runs and reads go on; it fills again, private as before. */
export async function survive(
  library: string,
  fault: (store: StoreMount) => Promise<void>,
  after: (store: StoreMount, tracks: readonly ShownTrack[], log: string) => Promise<void>,
  disk?: (folder: string, home: string) => Promise<CacheDisk>,
): Promise<void> {
  writeTracks(library, 12, MB);
  await withStore({ library, ...(disk ? { disk } : {}) }, async (store) => {
    const { instance } = store;
    const daemon = await instance.start();
    await daemon.scanned();
    const tracks = await shownTracks(instance.mountpoint, library);
    requireRight(await readAllChecked(tracks.slice(0, 6)));
    const reads = await startCheckedReads({ tracks, readers: 8 });
    await fault(store);
    requireRight(await readAllChecked(tracks));
    requireRight(await reads.end());
    await after(store, tracks, daemon.stderr());
    await daemon.stop();
  });
}

export function requireRight({ wrong, errors, reads }: CheckedResult): void {
  assert.deepEqual({ wrong, errors }, { wrong: [], errors: {} });
  assert.ok(reads > 0, "nothing was read");
}

function watchPeak(disk: CacheDisk): { end(): number } {
  let most = 0;
  const look = (): void => {
    most = Math.max(most, disk.usedBytes());
  };
  const timer = setInterval(look, SAMPLE_EVERY_MS);
  return {
    end() {
      clearInterval(timer);
      look();
      return most;
    },
  };
}

function fill(path: string, disk: CacheDisk): void {
  const block = Buffer.alloc(64 * 1024);
  for (;;) {
    try {
      writeFileSync(path, block, { flag: "a" });
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
      assert.ok(disk.usedBytes() > 0);
      return;
    }
  }
}

function occurrences(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].length;
}
