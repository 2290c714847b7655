import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { generateLibrary } from "../support/generate-library.js";
import { withInstance } from "../support/mount.js";
import { DRIVERS } from "../support/mount-config.js";
import { run, until } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { EXAMPLE_LIBRARY, filesBelow, hashesOf } from "../support/tree-files.js";

const PLUGIN = fileURLToPath(new URL("fixtures/controlled-origin.js", import.meta.url));
const SCANNED_FILES = 3000;
const LOST = /^(ENOTCONN|ECONNABORTED|EIO)$/;

for (const driver of DRIVERS) {
  test(`${driver}: after kill -9 readers get an errno, and the next start takes the mountpoint back`, async () => {
    await withInstance({ driver, library: EXAMPLE_LIBRARY }, async (instance) => {
      const first = await instance.start();
      await first.scanned();
      const paths = await filesBelow(instance.mountpoint);
      const before = { inodes: inodesOf(paths), hashes: await hashesOf(paths) };
      const handle = await open(paths[3] ?? "");
      await first.kill();

      // The kernel may have the bytes already, or read them from the origin by itself.
      await handle.read(Buffer.alloc(10), 0, 10, 0).catch(({ code }) => assert.match(code, LOST));
      await handle.close();
      assert.notEqual((await run(["cat", paths[5] ?? ""], { deadlineMs: 10_000 })).code, 0);
      for (const command of ["ls", "stat"]) await run([command, paths[5] ?? ""], { deadlineMs: 10_000 });
      const second = await instance.start();
      await second.scanned();
      assert.deepEqual(await filesBelow(instance.mountpoint), paths);
      assert.deepEqual({ inodes: inodesOf(paths), hashes: await hashesOf(paths) }, before);
      assert.equal((await second.stop()).code, 0);
    });
  });
}

test("a scan that was killed goes on where it was, and reads no tags again", async (t) => {
  const [folder, control] = [temporaryFolder(t), temporaryFolder(t)];
  generateLibrary(folder, { files: SCANNED_FILES, seed: 3 });
  const plugin = `controlledOrigin(${JSON.stringify({ folder, control })})`;
  const imports = [`import { controlledOrigin } from ${JSON.stringify(PLUGIN)};`];
  await withInstance(
    { driver: "mount-fuse", imports, plugins: [plugin], scanWorkers: 1 },
    async (instance) => {
      const first = await instance.start();
      await until("a part of the library is scanned", async () => {
        const { scan } = await instance.status();
        assert.ok(scan.done < SCANNED_FILES, "the scan was too quick to be killed");
        return scan.done >= 300;
      });
      const { tracks } = await instance.status();
      await first.kill();
      rmSync(join(control, "events"));

      const status = await (await instance.start()).scanned();
      assert.equal(status.tracks, SCANNED_FILES);
      assert.equal((await filesBelow(instance.mountpoint)).length, SCANNED_FILES);
      const again = new Set(readFileSync(join(control, "events"), "utf8").trimEnd().split("\n"));
      assert.ok(
        again.size <= SCANNED_FILES - tracks,
        `${again.size} files were read after ${tracks} were known`,
      );
    },
  );
});

test("a start after a scan that ended reads no tags at all", async (t) => {
  const [folder, control] = [temporaryFolder(t), temporaryFolder(t)];
  mkdirSync(folder, { recursive: true });
  generateLibrary(folder, { files: 50, seed: 4 });
  const plugin = `controlledOrigin(${JSON.stringify({ folder, control })})`;
  const imports = [`import { controlledOrigin } from ${JSON.stringify(PLUGIN)};`];
  await withInstance({ driver: "mount-fuse", imports, plugins: [plugin] }, async (instance) => {
    const first = await instance.start();
    assert.equal((await first.scanned()).tracks, 50);
    await first.stop();
    rmSync(join(control, "events"));
    assert.equal((await (await instance.start()).scanned()).tracks, 50);
    assert.equal(existsSync(join(control, "events")), false);
  });
});

function inodesOf(paths: readonly string[]): number[] {
  return paths.map((path) => statSync(path).ino);
}
