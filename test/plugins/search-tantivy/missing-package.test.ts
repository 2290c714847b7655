import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { installWithout } from "../../support/install-without.js";
import { run } from "../../support/process.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { EXAMPLE_LIBRARY } from "../../support/tree-files.js";

test("without tantivy's package a config gets SQLite, and whoever wants tantivy hears what to type", async (t) => {
  const folder = temporaryFolder(t);
  const bin = installWithout("@oxdev03", join(folder, "app"));
  const { PATH } = process.env;
  const env = { PATH, HOME: folder, XDG_RUNTIME_DIR: join(folder, "run") };
  const config = join(folder, "musicfs.config.json");
  const musicfs = (...args: string[]) =>
    run([process.execPath, bin, ...args, "--config", config], { env, cwd: "/" });
  const write = (...plugins: object[]): void =>
    writeFileSync(
      config,
      JSON.stringify({
        mountpoint: "mnt",
        plugins: [{ "origin-local": { path: EXAMPLE_LIBRARY } }, ...plugins],
      }),
    );

  write();
  const { plugins } = JSON.parse((await musicfs("config", "show", "--json")).stdout);
  assert.ok(plugins.some(({ identity }: { identity: string }) => identity === "search-sqlite"));

  write({ "search-tantivy": {} });
  assert.equal((await musicfs("start", "--detach")).code, 0);
  const { code, stderr } = await musicfs("search", "tide");
  const listed = await run(["ls", join(folder, "mnt")]);
  await musicfs("stop");
  assert.equal(code, 1);
  assert.match(
    stderr,
    /MFS_SEARCH_FAILED: tantivy cannot be loaded[\s\S]*npm install @oxdev03\/[\s\S]*searchSqlite\(\)/u,
  );
  assert.equal(listed.code, 0);
});
