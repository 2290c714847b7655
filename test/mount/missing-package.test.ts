import assert from "node:assert/strict";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { writeAudio } from "../support/audio-writer.js";
import { installWithout } from "../support/install-without.js";
import { configText } from "../support/mount-config.js";
import { run } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";
import { EXAMPLE_LIBRARY } from "../support/tree-files.js";

test("without the package sharp, covers have their own size only, and the log names the line to type", async (t) => {
  const folder = temporaryFolder(t);
  const bin = installWithout("sharp", join(folder, "app"));
  const { PATH } = process.env;
  const env = { PATH, HOME: folder, XDG_RUNTIME_DIR: join(folder, "run") };
  const library = join(folder, "music");
  mkdirSync(library);
  writeFileSync(join(library, "a.flac"), writeAudio("flac", { title: "T", artists: ["A"], album: "B" }));
  writeFileSync(
    join(library, "cover.jpg"),
    Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(99)]),
  );
  const config = join(folder, "musicfs.config.ts");
  const mountpoint = join(folder, "mnt");
  writeFileSync(config, configText({ driver: "mount-fuse", library }, mountpoint));
  const musicfs = (...args: string[]) =>
    run([process.execPath, bin, ...args, "--config", config], { env, cwd: "/" });
  assert.equal((await musicfs("start", "--detach")).code, 0);
  try {
    assert.equal((await musicfs("wait", "--scanned", "--timeout", "30")).code, 0);
    assert.equal(statSync(join(mountpoint, "A/B/cover.jpg")).size, 102);
    for (let times = 0; times < 2; times++)
      assert.throws(() => statSync(join(mountpoint, "A/B/.covers")), { code: "ENOENT" });
    const { stdout } = await musicfs("logs");
    assert.equal(stdout.match(/npm install sharp/g)?.length, 1, stdout);
  } finally {
    assert.equal((await musicfs("stop")).code, 0);
  }
});

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
