import assert from "node:assert/strict";
import { mkdirSync, readFileSync, statfsSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { writeFlac, writeMp3 } from "../support/audio-writer.js";
import { withMount } from "../support/mount.js";
import { DRIVERS } from "../support/mount-config.js";
import { run, until } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { audioBelow, EXAMPLE_LIBRARY, filesBelow } from "../support/tree-files.js";

const DRIVER_IN_STATUS = { "mount-fuse": "fuse", "mount-fuse-native": "fuse-native" };

for (const driver of DRIVERS) {
  test(`${driver}: status tells true numbers`, () =>
    withMount({ driver, library: EXAMPLE_LIBRARY }, async ({ instance, mountpoint, daemon }) => {
      const { stdout } = await run(["find", mountpoint, "-type", "d", "-printf", "x"]);
      const paths = await audioBelow(mountpoint);
      const bytes = paths.reduce((sum, path) => sum + readFileSync(path).length, 0);
      const status = await instance.status();
      assert.deepEqual(
        {
          state: status.state,
          pid: status.pid,
          mountpoint: status.mountpoint,
          driver: status.driver,
          tracks: status.tracks,
          directories: status.directories,
          bytes: status.bytes,
          scan: [status.scan.state, status.scan.done, status.scan.total, status.scan.unreadableFolders],
          origins: status.origins.map(({ files, error }) => ({ files, error })),
        },
        {
          state: "mounted",
          pid: daemon.pid,
          mountpoint,
          driver: DRIVER_IN_STATUS[driver],
          tracks: paths.length,
          directories: stdout.length,
          bytes,
          scan: ["idle", paths.length, paths.length, 0],
          origins: [{ files: paths.length, error: undefined }],
        },
      );
      assert.ok(status.scan.skipped >= 1, "the broken file of the example library is counted");
      assert.ok(status.rssBytes > 1e6 && status.uptimeMs > 0);
      const { getattr = 0, lookup = 0, open = 0 } = status.requests;
      assert.ok(getattr + lookup > 0);
      assert.ok(open >= paths.length);
      assert.ok(status.copiedBytes + status.passthroughBytes >= bytes);
    }));

  test(`${driver}: statfs tells the size of the disk behind it`, () =>
    withMount({ driver, library: EXAMPLE_LIBRARY }, async ({ mountpoint, status }) => {
      const disk = statfsSync(EXAMPLE_LIBRARY);
      const shown = await until("the disk was looked at", () => {
        const totals = statfsSync(mountpoint);
        return totals.bsize * totals.blocks === disk.bsize * disk.blocks ? totals : undefined;
      });
      assert.equal(shown.files, status.tracks + status.directories);
      assert.ok(shown.bavail > 0 && shown.bavail <= shown.blocks);
    }));

  test(`${driver}: what leads out of the origin, and what is no file, is not shown`, async (t) => {
    const [library, elsewhere] = [temporaryFolder(t), temporaryFolder(t)];
    const song = (title: string) =>
      writeFlac({ title, artists: ["Inside"], album: "One" }, { seed: title.length });
    writeFileSync(join(library, "inside.flac"), song("inside"));
    writeFileSync(join(elsewhere, "outside.flac"), song("outside"));
    mkdirSync(join(elsewhere, "folder"));
    writeFileSync(join(elsewhere, "folder", "deep.mp3"), writeMp3({ title: "deep", artists: ["Outside"] }));
    symlinkSync(join(elsewhere, "outside.flac"), join(library, "link.flac"));
    symlinkSync(join(elsewhere, "folder"), join(library, "folder"));
    symlinkSync("inside.flac", join(library, "again.flac"));
    symlinkSync(".", join(library, "circle"));
    symlinkSync("/dev/zero", join(library, "zero.flac"));
    await run(["mkfifo", join(library, "fifo.flac")]);
    await run(["mknod", join(library, "device.flac"), "c", "1", "5"]);
    const socket = createServer().listen(join(library, "socket.flac"));
    t.after(() => socket.close());

    const titlesOf = async (mountpoint: string) =>
      (await filesBelow(mountpoint))
        .map((path) => /(inside|outside|deep)\.\w+$/.exec(path)?.[1] ?? path)
        .sort();
    await withMount({ driver, library }, async ({ mountpoint, status }) => {
      assert.deepEqual(await titlesOf(mountpoint), ["inside"]);
      assert.equal(status.scan.skipped, 0);
    });
    await withMount({ driver, library, originOptions: { followSymlinks: true } }, async ({ mountpoint }) => {
      assert.deepEqual(await titlesOf(mountpoint), ["deep", "inside", "outside"]);
      for (const path of await filesBelow(mountpoint)) assert.ok(readFileSync(path).length > 100);
    });
  });
}
