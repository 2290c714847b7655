import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EXIT } from "../../../core/errors.js";
import { openAccount } from "../../support/command-line.js";
import { EXAMPLE_LIBRARY } from "../../support/tree-files.js";

const CANARY = "s3cr3t-CANARY-of-the-bundle";

test("a bundle says what helps and holds no secret, whether the daemon runs or not", async (t) => {
  const { musicfs, write, folder } = openAccount(t);
  const lines = [
    "mountpoint: mnt",
    "plugins:",
    `  - origin-local: { path: ${JSON.stringify(EXAMPLE_LIBRARY)} }`,
    `  - webhook: { url: "http://127.0.0.1:9/hook?key=${CANARY}", secret: ${CANARY} }`,
  ];
  write("musicfs.config.yaml", `${lines.join("\n")}\n`);

  const before = await musicfs(["doctor", "--bundle"]);
  assert.match(before.stderr, /^wrote .*musicfs-bundle-.*\.txt; read it through/u);
  const made = readdirSync(folder).find((name) => name.startsWith("musicfs-bundle-"));
  assert.ok(made);
  assert.match(
    readFileSync(join(folder, made), "utf8"),
    /== status ==\n\(cannot be told: no MusicFS is running/u,
  );

  assert.equal((await musicfs(["start", "--detach"])).code, 0);
  await musicfs(["wait", "--scanned"]);
  const file = join(folder, "mine.txt");
  const { code, stdout, stderr } = await musicfs(["doctor", "--bundle", file, "--json"]);
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).bundle, file);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const text = readFileSync(file, "utf8");
  assert.match(text, /== status ==[^=]*"state": "mounted"/u);
  assert.match(text, /== mounts of MusicFS ==\n[\s\S]*\/mnt /u);
  assert.match(text, /== events ==\n\{.*"number":1/u);
  assert.match(text, /"tracks": 32/u);
  for (const found of [text, readFileSync(join(folder, made), "utf8"), stdout, stderr]) {
    assert.doesNotMatch(found, /CANARY/u);
  }
});

test("a bundle replaces no file", async (t) => {
  const { musicfs, folder } = openAccount(t);
  const file = join(folder, "precious.txt");
  writeFileSync(file, "precious");
  const { code, stderr } = await musicfs(["doctor", "--bundle", file]);
  assert.equal(code, EXIT.machine);
  assert.match(stderr, /^error MFS_FOLDER_UNUSABLE: cannot write .*precious\.txt: EEXIST/u);
  assert.equal(readFileSync(file, "utf8"), "precious");
});
