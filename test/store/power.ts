import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { createRandom } from "musicfs/testing";
import { loopDisk } from "../support/cache-disk.js";
import { readAllChecked, startCheckedReads } from "../support/checked-reads.js";
import { shownTracks, writeTracks } from "../support/store-library.js";
import { cacheStats, verifyCache, withStore } from "../support/store-mount.js";
import { requireRight } from "./limits.js";

const DISK_BYTES = 512 * 1024 * 1024;
const LATEST_CUT_MS = 2_500;

/**
 * Cuts the power of the cache's disk `rounds` times at random moments under load, and sees that after the next
 * start nothing is left that is damaged, and that readers get the origin's bytes.
 */
export async function cutPowerRepeatedly(
  library: string,
  type: "ext4" | "xfs",
  rounds: number,
): Promise<void> {
  writeTracks(library, 24, 5_000_000);
  const random = createRandom(rounds);
  const disk = (folder: string, home: string) => loopDisk(folder, home, type, DISK_BYTES);
  await withStore({ library, disk }, async (store) => {
    const { instance } = store;
    let kept = 0;
    for (let round = 1; round <= rounds; round++) {
      const daemon = await instance.start();
      await daemon.scanned();
      kept += (await cacheStats(instance)).files;
      // Every second round writes a cache from its beginning, the others go on in a full one.
      if (round % 2 === 0) await instance.cli(["cache", "clear"]);
      const tracks = await shownTracks(instance.mountpoint, library);
      const reads = await startCheckedReads({ tracks, readers: 6, readsPerFile: 8, seed: round });
      await delay(random.below(LATEST_CUT_MS));
      await store.disk().cutPower();
      // The cut is real: nothing can be written any more.
      assert.throws(() => store.disk().touch(), /EIO|EROFS|ESHUTDOWN/);
      await delay(200);
      // What the kernel reads by itself from the disk fails with it.
      assert.deepEqual((await reads.end()).wrong, []);
      await daemon.kill();
      await store.disk().remount();

      const next = await instance.start();
      await next.scanned();
      requireRight(await readAllChecked(await shownTracks(instance.mountpoint, library)));
      assert.equal((await verifyCache(instance)).corrupt, 0, `round ${round}: damage is left`);
      await next.stop();
    }
    assert.ok(kept > 0, "nothing ever survived a cut");
  });
}
