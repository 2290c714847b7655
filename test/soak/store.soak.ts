import { test } from "node:test";
import { damageChunks } from "../store/damage.js";
import { killRepeatedly } from "../store/killing.js";
import { holdTheLimit, raceEvictions } from "../store/limits.js";
import { cutPowerRepeatedly } from "../store/power.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const MB = 1_000_000;

test("1,000 damaged chunks, while it runs and after a restart: no wrong byte reaches a reader", async (t) => {
  await damageChunks(temporaryFolder(t), 1000);
});

test("after each of 100 kills the store opens, is undamaged, and serves the origin's bytes", async (t) => {
  await killRepeatedly(temporaryFolder(t), 100);
});

test("100 MB on a disk of 128 MB: 10 readers over 1 GB, and the limit holds at every moment", async (t) => {
  const sizes = { tracks: 40, trackBytes: 25 * MB, diskBytes: 128 * MB, maxBytes: 100 * MB, readers: 10 };
  await holdTheLimit(temporaryFolder(t), sizes);
});

test("32 readers and evictions race for ten minutes", async (t) => {
  await raceEvictions(temporaryFolder(t), 600_000);
});

for (const type of ["ext4", "xfs"] as const) {
  test(`50 power cuts of an ${type} disk`, async (t) => {
    await cutPowerRepeatedly(temporaryFolder(t), type, 50);
  });
}
