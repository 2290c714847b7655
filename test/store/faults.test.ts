import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import {
  closeSync,
  existsSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { loopDisk, memoryDisk } from "../support/cache-disk.js";
import { readAllChecked } from "../support/checked-reads.js";
import type { TestInstance } from "../support/mount.js";
import { until } from "../support/process.js";
import type { ShownTrack } from "../support/store-library.js";
import { cacheStats, settled } from "../support/store-mount.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { damageChunks } from "./damage.js";
import { killRepeatedly } from "./killing.js";
import {
  holdTheLimit,
  raceEvictions,
  requireRight,
  survive,
  surviveDeadDisk,
  surviveFewInodes,
  surviveFullDisk,
} from "./limits.js";
import { cutPowerRepeatedly } from "./power.js";

const MB = 1_000_000;
const isRoot = process.getuid?.() === 0;
const needsRoot = isRoot ? {} : { skip: "needs root: it mounts disks" };

test("50 damaged chunks, while it runs and after a restart: no wrong byte reaches a reader", async (t) => {
  await damageChunks(temporaryFolder(t), 50);
});

test("after each of 5 kills the store opens, is undamaged, and serves the origin's bytes", async (t) => {
  await killRepeatedly(temporaryFolder(t), 5);
});

test("readers and evictions race: every byte is the origin's", async (t) => {
  await raceEvictions(temporaryFolder(t), 4_000);
});

test("the limit holds at every moment on a disk that is hardly bigger", needsRoot, async (t) => {
  const sizes = { tracks: 20, trackBytes: 5 * MB, diskBytes: 26 * MB, maxBytes: 16 * MB, readers: 10 };
  await holdTheLimit(temporaryFolder(t), sizes);
});

test("a full disk turns the cache off, says so, and back on when there is room", needsRoot, async (t) => {
  await surviveFullDisk(temporaryFolder(t));
});

test("a disk that takes no more files serves reads all the same", needsRoot, async (t) => {
  await surviveFewInodes(temporaryFolder(t));
});

test("a disk that fails every call is left alone: reads come from the origin", needsRoot, async (t) => {
  await surviveDeadDisk(temporaryFolder(t));
});

test(
  "a cache that becomes read-only under reads disturbs nobody, and another disk in its place is used",
  needsRoot,
  async (t) => {
    await survive(
      temporaryFolder(t),
      async ({ disk }) => {
        await disk().makeReadOnly();
        assert.throws(() => disk().touch(), { code: "EROFS" });
      },
      async ({ instance, cacheDir }, tracks) => {
        assert.equal((await cacheStats(instance)).state, "off");
        const other = await memoryDisk(join(cacheDir, "../.."), "size=64m");
        try {
          await keptAgain(instance, tracks);
          assert.ok(other.usedBytes() >= tracks.length * MB);
        } finally {
          await other.dispose();
        }
      },
      (folder, home) => loopDisk(folder, home, "ext4", 64 * MB),
    );
  },
);

test("a cache folder that is removed under reads is made again, private as before", async (t) => {
  await survive(
    temporaryFolder(t),
    async ({ cacheDir }) => {
      renameSync(cacheDir, `${cacheDir}.gone`);
      rmSync(`${cacheDir}.gone`, { recursive: true });
    },
    async ({ instance, cacheDir }, tracks) => {
      // Files that were whole by then are open still, and served as long as nobody has looked for the folder.
      await until("the folder is made again", () => existsSync(cacheDir));
      await keptAgain(instance, tracks);
      await settled(instance, tracks.length);
      assert.equal(statSync(cacheDir).mode & 0o077, 0);
      for (const name of readdirSync(cacheDir)) {
        assert.equal(statSync(join(cacheDir, name)).mode & 0o077, 0, name);
      }
    },
  );
});

test("a cache folder that was away and comes back counts what it holds, as it did before", async (t) => {
  let heldBytes = 0;
  await survive(
    temporaryFolder(t),
    async ({ instance, cacheDir }) => {
      heldBytes = (await settled(instance, 12)).storedBytes;
      renameSync(cacheDir, `${cacheDir}.away`);
    },
    async ({ instance, cacheDir }, tracks) => {
      await until("there is a new cache", () => existsSync(join(cacheDir, "store", "index.sqlite")));
      rmSync(cacheDir, { recursive: true });
      renameSync(`${cacheDir}.away`, cacheDir);
      await until("what came back is counted", async () => {
        requireRight(await readAllChecked(tracks));
        return (await cacheStats(instance)).storedBytes === heldBytes;
      });
    },
  );
  assert.ok(heldBytes > 0);
});

test("an index that is damaged under reads is replaced by an empty one, which fills again", async (t) => {
  await survive(
    temporaryFolder(t),
    async ({ cacheDir }) => {
      for (const name of ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"]) {
        const path = join(cacheDir, "store", name);
        const fd = openSync(path, "r+");
        writeSync(fd, randomBytes(statSync(path).size), null, null, 0);
        closeSync(fd);
      }
    },
    async ({ instance }, tracks, log) => {
      assert.match(log, /damaged index; a new one is made/);
      await keptAgain(instance, tracks);
    },
  );
});

/** Reads all tracks until the cache holds them whole. */
async function keptAgain(instance: TestInstance, tracks: readonly ShownTrack[]): Promise<void> {
  await until("what is read is kept again", async () => {
    requireRight(await readAllChecked(tracks));
    const { state, logicalBytes } = await cacheStats(instance);
    return state === "on" && logicalBytes >= tracks.length * MB;
  });
}

test("a power cut of the cache's disk loses nothing but what can be fetched again", needsRoot, async (t) => {
  await cutPowerRepeatedly(temporaryFolder(t), "ext4", 1);
});
