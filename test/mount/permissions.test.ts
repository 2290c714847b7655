import assert from "node:assert/strict";
import { chmodSync, statSync } from "node:fs";
import { test } from "node:test";
import { withMount } from "../support/mount.js";
import { DRIVERS } from "../support/mount-config.js";
import { AS_NOBODY, run } from "../support/process.js";
import { EXAMPLE_LIBRARY, filesBelow } from "../support/tree-files.js";

const IS_ROOT = process.getuid?.() === 0;

for (const driver of DRIVERS) {
  test(`${driver}: other users see nothing, unless allowOther lets them`, async (t) => {
    if (!IS_ROOT) return t.skip("only root may act as another user");
    for (const allowOther of [false, true]) {
      const config = { driver, driverOptions: { allowOther }, library: EXAMPLE_LIBRARY };
      await withMount(config, async ({ mountpoint, instance }) => {
        chmodSync(instance.folder, 0o755);
        const path = (await filesBelow(mountpoint))[0] ?? "";
        const env = { ...process.env, LC_ALL: "C" };
        const { code, stderr } = await run([...AS_NOBODY, "cat", path], { env });
        if (allowOther) assert.equal(code, 0, stderr);
        else assert.match(stderr, /Permission denied/);
        const listed = await run([...AS_NOBODY, "ls", mountpoint], { env });
        assert.equal(listed.code === 0, allowOther, listed.stderr);
      });
    }
  });

  test(`${driver}: uid, gid and umask show in every file and folder`, (t) => {
    if (!IS_ROOT) return t.skip("a mount with another owner is for root");
    const driverOptions = { uid: 1234, gid: 4321, umask: "027" };
    return withMount({ driver, driverOptions, library: EXAMPLE_LIBRARY }, async ({ mountpoint }) => {
      const path = (await filesBelow(mountpoint))[0] ?? "";
      for (const [at, mode] of [
        [path, 0o100440],
        [mountpoint, 0o040550],
      ] as const) {
        const { uid, gid, mode: shown } = statSync(at);
        assert.deepEqual([uid, gid, shown], [1234, 4321, mode], at);
      }
    });
  });

  test(`${driver}: without options all is the user's own, and readable by others`, () =>
    withMount({ driver, library: EXAMPLE_LIBRARY }, async ({ mountpoint }) => {
      const path = (await filesBelow(mountpoint))[0] ?? "";
      const { uid, gid, mode } = statSync(path);
      assert.deepEqual([uid, gid, mode], [process.getuid?.(), process.getgid?.(), 0o100444]);
      assert.equal(statSync(mountpoint).mode, 0o040555);
    }));
}
