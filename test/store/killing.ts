import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { createRandom } from "musicfs/testing";
import { readAllChecked, startCheckedReads } from "../support/checked-reads.js";
import { shownTracks, writeTracks } from "../support/store-library.js";
import { cacheStats, verifyCache, withStore } from "../support/store-mount.js";

const TRACKS = 24;
const TRACK_BYTES = 5_000_000;
/** A kill comes within this time after the readers began. */
const LATEST_KILL_MS = 1_500;

/**
 * Kills the daemon in the middle of `rounds` spells of reading, at random moments, and sees that each start
 * finds a store that opens, in which nothing is damaged, and that readers get the origin's bytes.
 */
export async function killRepeatedly(library: string, rounds: number): Promise<void> {
  writeTracks(library, TRACKS, TRACK_BYTES);
  const random = createRandom(rounds);
  // Room for half of it, so that evictions are cut off, too.
  const policy = `cacheLru({ maxBytes: ${(TRACKS * TRACK_BYTES) / 2}, minFreeBytes: 0 })`;
  await withStore({ library, policy }, async ({ instance }) => {
    let interrupted = 0;
    let kept = 0;
    for (let round = 1; round <= rounds; round++) {
      const daemon = await instance.start();
      await daemon.scanned();
      const { corrupt } = await verifyCache(instance);
      assert.equal(corrupt, 0, `round ${round}: what survived the kill is damaged`);
      kept += (await cacheStats(instance)).files;
      const tracks = await shownTracks(instance.mountpoint, library);
      const reads = await startCheckedReads({ tracks, readers: 6, readsPerFile: 8, seed: round });
      await delay(random.below(LATEST_KILL_MS));
      assert.equal((await daemon.kill()).code, "SIGKILL");
      const { wrong, errors } = await reads.end();
      assert.deepEqual(wrong, [], `round ${round}`);
      if (Object.keys(errors).length > 0) interrupted += 1;
    }
    assert.ok(interrupted > rounds / 2, `only ${interrupted} of ${rounds} kills met a reader`);
    assert.ok(rounds === 1 || kept > 0, "nothing ever survived");

    const last = await instance.start();
    await last.scanned();
    const { wrong, errors } = await readAllChecked(await shownTracks(instance.mountpoint, library));
    assert.deepEqual({ wrong, errors }, { wrong: [], errors: {} });
    assert.equal((await verifyCache(instance)).corrupt, 0);
    await last.stop();
  });
}
