import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EXIT } from "../../../core/errors.js";
import { BIN, openAccount } from "../../support/command-line.js";
import { run } from "../../support/process.js";
import { EXAMPLE_LIBRARY } from "../../support/tree-files.js";

test("'config check' says ok and what the config comes to; 'config show --json' is for programs", async (t) => {
  const { folder, mountpoint, musicfs } = openAccount(t);
  const { code, stdout } = await musicfs(["config", "check"]);
  assert.equal(code, EXIT.ok);
  assert.match(stdout, /^ok\nconfig +\S+\/musicfs\.config\.yaml\nname +default\nmountpoint +\S+\/mnt\n/);
  const shown = JSON.parse((await musicfs(["config", "show", "--json"])).stdout);
  assert.deepEqual(
    [shown.mountpoint, shown.socketPath, shown.logLevel, shown.plugins.length],
    [mountpoint, join(folder, "run/musicfs/default.sock"), "info", 6],
  );
});

test("'config check' prints every problem and ends with 3; so does a start", async (t) => {
  const { musicfs, write } = openAccount(t);
  const file = write("bad.yaml", "mountpiont: /m\nplugins:\n  - origin-local: { pth: /x }\n");
  const expected = [
    `error MFS_CONFIG_INVALID: 4 problems in ${file}`,
    "  mountpoint: is missing (expected string)",
    "  mountpiont: unknown key; did you mean 'mountpoint'?",
    "  plugins[0] (origin-local).path: is missing (expected string)",
    "  plugins[0] (origin-local).pth: unknown key; did you mean 'path'?",
    "  Mend the lines above, then run 'musicfs config check'.",
    "",
  ].join("\n");
  for (const args of [["config", "check"], ["start"], ["start", "--detach"], ["tree"]]) {
    assert.deepEqual(await musicfs([...args, "--config", "bad.yaml"]), {
      code: EXIT.config,
      stdout: "",
      stderr: expected,
    });
  }
});

test("'config show' keeps secrets, and escapes what a terminal would obey", async (t) => {
  const { musicfs, write } = openAccount(t);
  write(
    "musicfs.config.ts",
    `import { definePlugin, z } from "musicfs";
     const remote = definePlugin({
       name: "origin-remote",
       provides: ["origin"],
       options: z.strictObject({ user: z.string(), password: z.string(), nested: z.strictObject({ apiKey: z.string() }) }),
       setup() {},
     });
     export default {
       mountpoint: "/m",
       plugins: [remote({ user: "u\\u001b[31m", password: "s3cr3t", nested: { apiKey: "s3cr3t" } })],
     };`,
  );
  for (const args of [["show"], ["show", "--json"], ["check"]]) {
    const { code, stdout } = await musicfs(["config", ...args]);
    assert.equal(code, EXIT.ok);
    assert.doesNotMatch(stdout, /s3cr3t|\u001b/);
    assert.match(stdout, /"password":"\*\*\*","nested":\{"apiKey":"\*\*\*"\}/);
  }
});

test("'tree' shows what the layout gives, marks collisions, and leaves nothing behind", async (t) => {
  const { folder, mountpoint, musicfs } = openAccount(t);
  const { code, stdout, stderr } = await musicfs(["tree"]);
  assert.equal(code, EXIT.ok);
  assert.match(stdout, /^\/\n/);
  assert.match(stdout, /\n {2}Marrow & Finch\/\n {4}Salt Lanterns \(2019\)\/\n {6}01 - Tide Table\.flac\n/);
  assert.match(stdout, /\.ogg {3}\(another track has this path, too\)\n/);
  assert.match(
    stderr,
    /^32 tracks in 31 folders, \d.*; 2 with a suffix, because another track has the same path\n$/,
  );
  assert.deepEqual(readdirSync(join(folder, "tmp")), []);
  assert.deepEqual(readdirSync(folder).includes("mnt"), false, mountpoint);
});

test("'tree PATH' begins there, '--depth' ends early, '--json' says it to programs", async (t) => {
  const { musicfs } = openAccount(t);
  const album = await musicfs(["tree", "Marrow & Finch/Salt Lanterns (2019)"]);
  assert.equal(
    album.stdout,
    [
      "/Marrow & Finch/Salt Lanterns (2019)",
      "  01 - Tide Table.flac",
      "  01 - Tide Table.lrc",
      "  02 - Harbour Lights.flac",
      "  03 - The Keeper's Daughter.flac",
      "  cover.jpg",
      "",
    ].join("\n"),
  );
  const { stdout } = await musicfs(["tree", "--json", "--depth", "1"]);
  const answer = JSON.parse(stdout);
  assert.deepEqual([answer.path, answer.tracks, answer.directories, answer.collisions], ["/", 32, 31, 2]);
  assert.ok(answer.entries.length > 5);
  for (const { path, kind } of answer.entries)
    assert.deepEqual([path.split("/").length, kind], [2, "directory"]);

  const gone = await musicfs(["tree", "/No One"]);
  assert.deepEqual([gone.code, gone.stdout], [EXIT.usage, ""]);
  assert.match(gone.stderr, /^error MFS_USAGE: nothing lies at '\/No One' in the tree\n/);
});

test("a reader that leaves ends 'tree' quietly, and nothing stays behind", async (t) => {
  const { folder, env, write } = openAccount(t);
  mkdirSync(join(folder, "many"));
  const source = join(EXAMPLE_LIBRARY, "Loose/07 - Oda Lind - Untagged.ogg");
  for (let index = 0; index < 1500; index++) {
    copyFileSync(source, join(folder, "many", `${index} ${"x".repeat(200)}.ogg`));
  }
  write("musicfs.config.yaml", "mountpoint: mnt\nplugins: [{ origin-local: { path: many } }]\n");
  const child = spawn(process.execPath, [BIN, "tree"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  await once(child.stdout, "data");
  child.stdout.destroy();
  const [code] = await once(child, "exit");
  assert.equal(code, EXIT.ok, stderr);
  assert.doesNotMatch(stderr, /EPIPE|error/);
  assert.deepEqual(readdirSync(join(folder, "tmp")), []);
});

test("an output that cannot be written is an error, not half an answer", async (t) => {
  const { folder, env, write } = openAccount(t);
  write(
    "musicfs.config.yaml",
    `mountpoint: mnt\nplugins: [{ origin-local: { path: ${JSON.stringify(EXAMPLE_LIBRARY)} } }]\n`,
  );
  const command = `"${process.execPath}" "${BIN}" config show --json >/dev/full`;
  const { code, stderr } = await run(["sh", "-c", command], { cwd: folder, env });
  assert.equal(code, EXIT.failure);
  assert.match(stderr, /^error MFS_OUTPUT_FAILED: .*ENOSPC.*\n {2}Make room/);
});

interface Finding {
  readonly ok: boolean;
  readonly subject: string;
  readonly finding: string;
  readonly remedy?: string;
}

test("'doctor' finds nothing to mend where everything is right", async (t) => {
  const { mountpoint, musicfs } = openAccount(t);
  const { code, stdout, stderr } = await musicfs(["doctor", "--json"]);
  const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: Finding[] };
  assert.deepEqual(
    findings.filter((finding) => !finding.ok),
    [],
  );
  assert.deepEqual([code, ok, stderr], [EXIT.ok, true, ""]);
  const subjects = findings.map(({ subject }) => subject);
  for (const subject of [
    "config",
    "Node",
    "better-sqlite3",
    "koffi",
    "/dev/fuse",
    `origin ${EXAMPLE_LIBRARY}`,
    mountpoint,
  ]) {
    assert.ok(subjects.includes(subject), subject);
  }
});

test("'doctor' names each thing to mend with a line to type, and ends with 6", async (t) => {
  const { folder, mountpoint, musicfs, write } = openAccount(t);
  mkdirSync(mountpoint);
  writeFileSync(join(mountpoint, "file"), "");
  writeFileSync(join(folder, "state"), "a file where a folder should be");
  write("musicfs.config.yaml", `mountpoint: mnt\nplugins: [{ origin-local: { path: gone } }]\n`);
  const { code, stdout, stderr } = await musicfs(["doctor"]);
  assert.equal(code, EXIT.machine);
  assert.match(stderr, /^error MFS_MACHINE_LACKS: 3 findings to mend\n/);
  const failures = stdout.match(/^FAIL {2}.*\n {6}→ .+$/gmu) ?? [];
  assert.equal(failures.length, 3, stdout);
  assert.match(stdout, /FAIL {2}\S+\/mnt: is not empty\n/);
  assert.match(stdout, /FAIL {2}origin gone: /);
  assert.match(stdout, /FAIL {2}\S+\/state\/musicfs\/default: /);
});

test("'doctor' looks at the machine also without a config", async (t) => {
  const { folder, musicfs } = openAccount(t);
  rmSync(join(folder, "musicfs.config.yaml"));
  const { code, stdout } = await musicfs(["doctor"]);
  assert.equal(code, EXIT.machine);
  assert.match(stdout, /^FAIL {2}config: there is no musicfs\.config\.ts/);
  assert.match(stdout, /^ok {4}\/dev\/fuse: /m);
});
