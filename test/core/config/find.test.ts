import assert from "node:assert/strict";
import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { memoryDisk } from "../../support/cache-disk.js";
import { configFolder } from "../../support/config-folder.js";

const SCRIPT = `import { defineConfig } from "musicfs";
import { originLocal } from "musicfs/plugins";
export default defineConfig({ mountpoint: "./mnt", plugins: [originLocal({ path: "/music" })] });
`;
const COMMON_JS = `const { originLocal } = require("musicfs/plugins");
module.exports = { mountpoint: "./mnt", plugins: [originLocal({ path: "/music" })] };
`;
const JSON_TEXT = `{ "mountpoint": "./mnt", "plugins": [{ "origin-local": { "path": "/music" } }] }`;
const YAML_TEXT = "mountpoint: ./mnt\nplugins:\n  - origin-local: { path: /music }\n";

const FORMS: readonly [file: string, text: string][] = [
  ["musicfs.config.ts", SCRIPT],
  ["musicfs.config.mts", SCRIPT],
  ["musicfs.config.js", SCRIPT],
  ["musicfs.config.mjs", SCRIPT],
  ["musicfs.config.cjs", COMMON_JS],
  ["musicfs.config.json", JSON_TEXT],
  ["musicfs.config.yaml", YAML_TEXT],
  ["musicfs.config.yml", YAML_TEXT],
  ["package.json", `{ "name": "some-project", "musicfs": ${JSON_TEXT} }`],
];

for (const [file, text] of FORMS) {
  test(`${file} in a folder without node_modules gives the same config as every other form`, async (t) => {
    const { folder, write, load } = configFolder(t);
    write(file, text);
    const config = await load();
    assert.equal(config.configFile, join(folder, file));
    assert.equal(config.mountpoint, join(folder, "mnt"));
    assert.deepEqual(
      config.plugins.map(({ identity }) => identity),
      [
        "origin-local:/music",
        "layout-artist-album",
        "chunker-fastcdc",
        "cache-lru",
        "mount-fuse",
        "search-tantivy",
      ],
    );
  });
}

test("a config is found from the current folder upwards, then in the user's config folder", async (t) => {
  const { folder, write, load } = configFolder(t);
  mkdirSync(join(folder, "a/b/c"), { recursive: true });
  const home = write("config/musicfs/config.yaml", YAML_TEXT);
  assert.equal((await load({ cwd: "a/b/c" })).configFile, home);
  const above = write("a/musicfs.config.json", JSON_TEXT);
  assert.equal((await load({ cwd: "a/b/c" })).configFile, above);
  const nearer = write("a/b/musicfs.config.ts", SCRIPT);
  assert.equal((await load({ cwd: "a/b/c" })).configFile, nearer);
});

test("a package.json without the key is passed over", async (t) => {
  const { write, load } = configFolder(t);
  write("a/package.json", `{ "name": "musicfs-user" }`);
  const above = write("musicfs.config.yaml", YAML_TEXT);
  assert.equal((await load({ cwd: "a" })).configFile, above);
});

test("--config wins over MUSICFS_CONFIG, and that over what would be found", async (t) => {
  const { write, load } = configFolder(t);
  write("musicfs.config.yaml", YAML_TEXT);
  const byVariable = write("other/by-variable.ts", SCRIPT);
  const byFlag = write("other/by-flag.json", JSON_TEXT);
  const env = { MUSICFS_CONFIG: "other/by-variable.ts" };
  assert.equal((await load({ env })).configFile, byVariable);
  assert.equal((await load({ env, flags: { config: byFlag } })).configFile, byFlag);
});

test("a folder above that anybody can write to is passed over", async (t) => {
  const { folder, write, load } = configFolder(t);
  const home = write("config/musicfs/musicfs.config.yaml", YAML_TEXT);
  const planted = write("shared/musicfs.config.ts", SCRIPT);
  mkdirSync(join(folder, "shared/mine"));
  chmodSync(join(folder, "shared"), 0o1777);
  assert.equal((await load({ cwd: "shared/mine" })).configFile, home);
  assert.equal((await load({ cwd: "shared" })).configFile, planted);
});

test("where there is no config, the error says where it was looked for", async (t) => {
  const { folder, problems } = configFolder(t);
  const { code, lines } = await problems();
  assert.equal(code, "MFS_CONFIG_NOT_FOUND");
  assert.ok(lines[0]?.includes(folder) && lines[0].includes("/etc/musicfs"), lines[0]);
  assert.equal((await problems({ flags: { config: "none.ts" } })).code, "MFS_CONFIG_NOT_FOUND");
});

test("a config may be TypeScript that uses what lies beside it", async (t) => {
  const { write, load } = configFolder(t);
  write("paths.ts", `export enum Where { Music = "/music" }\nexport const at = (x: string): string => x;`);
  write(
    "musicfs.config.ts",
    `import { originLocal } from "musicfs/plugins";
     import type { UserConfig } from "musicfs";
     import { at, Where } from "./paths";
     const config = { mountpoint: "/m", plugins: [originLocal({ path: at(Where.Music) })] } satisfies UserConfig;
     export default async () => config;`,
  );
  const { plugins } = await load();
  assert.equal(plugins[0]?.identity, "origin-local:/music");
});

test("a config that was edited is loaded anew, although what was compiled is kept", async (t) => {
  const { write, load } = configFolder(t);
  write("musicfs.config.ts", SCRIPT);
  assert.equal((await load()).plugins[0]?.identity, "origin-local:/music");
  write("musicfs.config.ts", SCRIPT.replace("/music", "/other"));
  assert.equal((await load()).plugins[0]?.identity, "origin-local:/other");
});

const isRoot = process.getuid?.() === 0;

test("a stranger's config above the current folder is not run", {
  skip: isRoot ? false : "needs root",
}, async (t) => {
  const { folder, write, problems, load } = configFolder(t);
  mkdirSync(join(folder, "mine"));
  const file = write("musicfs.config.ts", `process.env["MUSICFS_TEST_WAS_RUN"] = "yes"; ${SCRIPT}`);
  chownSync(file, 65_534, 65_534);
  const { code, lines } = await problems({ cwd: "mine" });
  assert.equal(code, "MFS_CONFIG_UNREADABLE");
  assert.match(lines[0] ?? "", /belongs to user 65534; if you trust it, name it with --config/);
  assert.equal(process.env.MUSICFS_TEST_WAS_RUN, undefined);

  assert.equal((await load({ cwd: "mine", flags: { config: "../musicfs.config.ts" } })).configFile, file);
  delete process.env.MUSICFS_TEST_WAS_RUN;
});

test("a cache folder on a full disk is done without", {
  skip: !isRoot && "needs root: it mounts a disk",
}, async (t) => {
  const { folder, env, write, load } = configFolder(t);
  const cache = env["XDG_CACHE_HOME"] ?? "";
  const disk = await memoryDisk(cache, "size=64k");
  try {
    assert.throws(() => writeFileSync(join(cache, "filler"), Buffer.alloc(100_000)), { code: "ENOSPC" });
    write("helper.ts", `export const path: string = "/music"; // ${"x".repeat(10_000)}`);
    write(
      "musicfs.config.ts",
      SCRIPT.replace('"/music"', "path").replace("export", 'import { path } from "./helper.ts";\nexport'),
    );
    assert.equal((await load()).mountpoint, join(folder, "mnt"));
  } finally {
    await disk.dispose();
  }
});
