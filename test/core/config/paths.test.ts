import assert from "node:assert/strict";
import { chmodSync, lstatSync, mkdirSync, rmSync, symlinkSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { checkOverlaps } from "../../../core/config/overlaps.js";
import {
  cacheHome,
  configHome,
  homeOf,
  resolvePath,
  runtimeHome,
  stateHome,
} from "../../../core/config/paths.js";
import { run } from "../../support/process.js";
import { temporaryFolder } from "../../support/temporary-folder.js";

const PATHS_MODULE = fileURLToPath(new URL("../../../core/config/paths.js", import.meta.url));

test("the folders are those of the XDG specification; what is not absolute counts as unset", () => {
  const set = {
    HOME: "/h",
    XDG_CONFIG_HOME: "/c",
    XDG_CACHE_HOME: "/k",
    XDG_STATE_HOME: "/s",
    XDG_RUNTIME_DIR: "/r",
  };
  assert.deepEqual(
    [configHome, cacheHome, stateHome, runtimeHome].map((home) => home(set)),
    ["/c/musicfs", "/k/musicfs", "/s/musicfs", "/r/musicfs"],
  );
  const unset = { HOME: "/h", XDG_CONFIG_HOME: "c", XDG_CACHE_HOME: "" };
  assert.deepEqual(
    [configHome, cacheHome, stateHome].map((home) => home(unset)),
    ["/h/.config/musicfs", "/h/.cache/musicfs", "/h/.local/state/musicfs"],
  );
});

test("without HOME the home folder is the account's", () => {
  assert.equal(homeOf({}), homedir());
  assert.equal(resolvePath("~/x", "/base", { HOME: "/h" }), "/h/x");
  assert.equal(resolvePath("~x/y", "/base", { HOME: "/h" }), "/base/~x/y");
  assert.equal(resolvePath("../x", "/base/y", {}), "/base/x");
});

// In a process of its own, whose folder of temporary files is ours to set up.
async function runtimeHomeIn(folder: string): Promise<string> {
  const code = `import { runtimeHome } from ${JSON.stringify(PATHS_MODULE)};
    try { console.log(runtimeHome({})); } catch (error) { console.log(error.code); }`;
  const { stdout } = await run([process.execPath, "--input-type=module", "-e", code], {
    env: { PATH: process.env.PATH, TMPDIR: folder },
  });
  return stdout.trim();
}

test("without a session the sockets lie in a folder of this user alone", async (t) => {
  const uid = process.getuid?.() ?? 0;
  if (lstatSync(`/run/user/${uid}`, { throwIfNoEntry: false })) return t.skip("this user has a session");
  const folder = temporaryFolder(t);
  const own = join(folder, `musicfs-${uid}`);
  assert.equal(await runtimeHomeIn(folder), own);
  assert.equal(lstatSync(own).mode & 0o777, 0o700);
  assert.equal(await runtimeHomeIn(folder), own);

  chmodSync(own, 0o777);
  assert.equal(await runtimeHomeIn(folder), "MFS_FOLDER_UNUSABLE");
  rmSync(own, { recursive: true });
  mkdirSync(join(folder, "elsewhere"), { mode: 0o700 });
  symlinkSync("elsewhere", own);
  assert.equal(await runtimeHomeIn(folder), "MFS_FOLDER_UNUSABLE");
});

test("a mountpoint that is, holds or lies in a folder of ours is refused, also through links", (t) => {
  const folder = temporaryFolder(t);
  const at = (path: string): string => join(folder, path);
  for (const path of ["music/album", "cache", "state", "run", "mnt"])
    mkdirSync(at(path), { recursive: true });
  symlinkSync("music", at("link"));
  const check = (mountpoint: string, roots: string[] = [at("music")]) => {
    const config = {
      mountpoint: at(mountpoint),
      cacheDir: at("cache"),
      stateDir: at("state"),
      runtimeDir: at("run"),
    };
    return () => checkOverlaps(config, roots);
  };
  for (const fine of ["mnt", "mnt/new/er", "music2", "cache2/x"]) assert.doesNotThrow(check(fine), fine);
  const refused: [string, RegExp][] = [
    ["music", /is the origin/],
    ["music/album", /lies in the origin/],
    ["music/new/folder", /lies in the origin/],
    ["link/album", /lies in the origin/],
    [".", /holds the origin .*\n.*holds cacheDir .*\n.*holds stateDir .*\n.*holds runtimeDir/],
    ["cache", /is cacheDir/],
    ["state/x", /lies in stateDir/],
    ["run/x", /lies in runtimeDir/],
  ];
  for (const [mountpoint, message] of refused) {
    assert.throws(check(mountpoint), { code: "MFS_CONFIG_INVALID", message }, mountpoint);
  }
  assert.throws(check("music/album", [at("link")]), { code: "MFS_CONFIG_INVALID" });
});
