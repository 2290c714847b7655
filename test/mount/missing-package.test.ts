import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { installWithout } from "../support/install-without.js";
import { configText } from "../support/mount-config.js";
import { run } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { EXAMPLE_LIBRARY } from "../support/tree-files.js";

test("without the package fuse-native, all else works, and its driver names the line to type", async (t) => {
  const folder = temporaryFolder(t);
  const bin = installWithout("fuse-native", join(folder, "app"));
  const { PATH } = process.env;
  const env = { PATH, HOME: folder, XDG_RUNTIME_DIR: join(folder, "run") };
  const musicfs = (driver: "mount-fuse" | "mount-fuse-native", ...args: string[]) => {
    const config = join(folder, "musicfs.config.ts");
    writeFileSync(config, configText({ driver, library: EXAMPLE_LIBRARY }, join(folder, "mnt")));
    return run([process.execPath, bin, ...args, "--config", config], { env, cwd: "/" });
  };
  assert.equal((await musicfs("mount-fuse", "config", "check")).code, 0);
  const { code, stderr } = await musicfs("mount-fuse-native", "start");
  assert.match(stderr, /MFS_MACHINE_LACKS[\s\S]*fuse-native[\s\S]*npm install fuse-native/);
  assert.equal(code, 6);
});
