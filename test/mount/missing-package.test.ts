import assert from "node:assert/strict";
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { configText } from "../support/mount-config.js";
import { run } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { EXAMPLE_LIBRARY } from "../support/tree-files.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

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

/** Makes an installation that lacks one package. @returns its executable. */
function installWithout(missing: string, folder: string): string {
  mkdirSync(join(folder, "node_modules"), { recursive: true });
  for (const part of ["dist/core", "dist/plugins"])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  cpSync(join(ROOT, "package.json"), join(folder, "package.json"));
  for (const name of readdirSync(join(ROOT, "node_modules"))) {
    if (name !== missing) symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
  }
  return join(folder, "dist/core/cli/bin.js");
}
