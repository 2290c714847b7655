import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { type ConfigFolder, configFolder } from "../../support/config-folder.js";

const CONFIG = `import { defineConfig } from "musicfs";
import { originLocal } from "musicfs/plugins";
export default defineConfig(({ env }) => ({
  mountpoint: "file-mnt",
  plugins: [originLocal({ path: env.MUSIC_DIR ?? "~/Music" })],
  name: "file-name",
  cacheDir: "~/file-cache",
  scan: { workers: 3, timeout: "2 s" },
}));
`;

function withConfig(t: Parameters<typeof configFolder>[0]): ConfigFolder {
  const made = configFolder(t);
  made.write("conf/musicfs.config.ts", CONFIG);
  made.write("else/where/.keep", "");
  return made;
}

const AT = { cwd: "else/where", flags: { config: "../../conf/musicfs.config.ts" } };

test("a file wins over the defaults; its paths are relative to it, and ~ is the home folder", async (t) => {
  const { folder, env, load } = withConfig(t);
  const config = await load(AT);
  assert.equal(config.mountpoint, join(folder, "conf/file-mnt"));
  assert.equal(config.cacheDir, join(env.HOME ?? "", "file-cache"));
  assert.equal(config.stateDir, join(folder, "state/musicfs/file-name"));
  assert.equal(config.socketPath, join(folder, "run/musicfs/file-name.sock"));
  assert.deepEqual(config.scan, { workers: 3, timeoutMs: 2000, lyrics: false });
  assert.equal(config.logLevel, "info");
  assert.ok(Object.isFrozen(config) && Object.isFrozen(config.plugins) && Object.isFrozen(config.scan));
});

test("the environment wins over the file; its paths are relative to the current folder", async (t) => {
  const { folder, load } = withConfig(t);
  const config = await load({
    ...AT,
    env: {
      MUSIC_DIR: "/from-env",
      MUSICFS_MOUNTPOINT: "env-mnt",
      MUSICFS_NAME: "env-name",
      MUSICFS_CACHE_DIR: "~/env-cache",
      MUSICFS_STATE_DIR: "/env-state",
      MUSICFS_RUNTIME_DIR: "../env-run",
      MUSICFS_LOG_LEVEL: "warn",
      MUSICFS_SCAN_WORKERS: "5",
      MUSICFS_SCAN_TIMEOUT: "1500 ms",
    },
  });
  assert.equal(config.mountpoint, join(folder, "else/where/env-mnt"));
  assert.equal(config.name, "env-name");
  assert.equal(config.cacheDir, join(folder, "home/env-cache"));
  assert.equal(config.stateDir, "/env-state");
  assert.equal(config.socketPath, join(folder, "else/env-run/env-name.sock"));
  assert.equal(config.logLevel, "warn");
  assert.deepEqual(config.scan, { workers: 5, timeoutMs: 1500, lyrics: false });
  assert.equal(config.plugins[0]?.identity, "origin-local:/from-env");
});

test("flags win over the environment", async (t) => {
  const { folder, load } = withConfig(t);
  const config = await load({
    ...AT,
    flags: { ...AT.flags, mount: "flag-mnt", name: "flag-name" },
    env: { MUSICFS_MOUNTPOINT: "env-mnt", MUSICFS_NAME: "env-name" },
  });
  assert.equal(config.mountpoint, join(folder, "else/where/flag-mnt"));
  assert.equal(config.name, "flag-name");
});

test("an empty variable counts as not set", async (t) => {
  const { folder, load } = withConfig(t);
  const config = await load({ ...AT, env: { MUSICFS_MOUNTPOINT: "", MUSICFS_NAME: "", XDG_STATE_HOME: "" } });
  assert.equal(config.mountpoint, join(folder, "conf/file-mnt"));
  assert.equal(config.stateDir, join(folder, "home/.local/state/musicfs/file-name"));
});

test("a mountpoint by flag or variable is enough where the file has none", async (t) => {
  const { folder, write, load } = configFolder(t);
  write("musicfs.config.yaml", "plugins: [{ origin-local: { path: /x } }]\n");
  assert.equal((await load({ flags: { mount: "m" } })).mountpoint, join(folder, "m"));
});

test("a socket's path that is too long for the kernel is a problem of the config", async (t) => {
  const { write, problems } = configFolder(t);
  write(
    "musicfs.config.yaml",
    `mountpoint: /m\nruntimeDir: /${"x".repeat(100)}\nplugins: [{ origin-local: { path: /x } }]\n`,
  );
  const { code, lines } = await problems();
  assert.equal(code, "MFS_CONFIG_INVALID");
  assert.match(lines[1] ?? "", /^runtimeDir: .* is longer than the 10[37] bytes/);
});

test("what the config has is not filled in", async (t) => {
  const { write, load } = configFolder(t);
  write(
    "musicfs.config.ts",
    `import { definePlugin } from "musicfs";
     import { originLocal } from "musicfs/plugins";
     const mine = definePlugin({ name: "mine", provides: ["layout", "mount", "chunker", "cache-policy"], setup() {} });
     export default { mountpoint: "/m", plugins: [mine(), originLocal({ path: "/x" })] };`,
  );
  const { plugins } = await load();
  assert.deepEqual(
    plugins.map(({ name }) => name),
    ["mine", "origin-local", "search-tantivy"],
  );
});
