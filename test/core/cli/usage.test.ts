import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { EXIT } from "../../../core/errors.js";
import { openAccount } from "../../support/command-line.js";

const { version } = JSON.parse(readFileSync(new URL("../../../../package.json", import.meta.url), "utf8"));

test("--version and --help go to stdout; the help names every exit code", async (t) => {
  const { musicfs } = openAccount(t);
  assert.deepEqual(await musicfs(["--version"]), { code: EXIT.ok, stdout: `${version}\n`, stderr: "" });
  const { code, stdout, stderr } = await musicfs(["--help"]);
  assert.deepEqual([code, stderr], [EXIT.ok, ""]);
  for (const exit of Object.values(EXIT)) assert.match(stdout, new RegExp(`^  ${exit} {2,3}\\w`, "m"));
  for (const command of ["start", "stop", "status", "tree", "config", "doctor"]) {
    assert.match(stdout, new RegExp(`^  ${command}\\b`, "m"));
    assert.equal((await musicfs([command, "--help"])).code, EXIT.ok);
  }
});

/** Wrong uses, with what stderr must say. */
const WRONG: readonly [args: string[], message: RegExp][] = [
  [["strat"], /^error MFS_USAGE: unknown command 'strat'\n\(Did you mean start\?\)\n$/],
  [["status", "--jsn"], /^error MFS_USAGE: unknown option '--jsn'\n\(Did you mean --json\?\)\n$/],
  [["start", "/mnt"], /^error MFS_USAGE: too many arguments for 'start'/],
  [["start", "--mount"], /^error MFS_USAGE: option '--mount <dir>' argument missing\n$/],
  [["tree", "--depth", "0"], /^error MFS_USAGE: .*Expected a number from 1\.\n$/],
  [["stop", "--timeout", "soon"], /^error MFS_USAGE: .*Expected seconds, such as 30\.\n$/],
  [["config"], /^Usage: musicfs config/],
  [[], /^Usage: musicfs/],
];

for (const [args, message] of WRONG) {
  test(`'musicfs ${args.join(" ")}' is a wrong use`, async (t) => {
    const { code, stdout, stderr } = await openAccount(t).musicfs(args);
    assert.deepEqual([code, stdout], [EXIT.usage, ""]);
    assert.match(stderr, message);
  });
}

test("commands for a running instance say so when there is none, with or without a config", async (t) => {
  const { folder, musicfs } = openAccount(t);
  const expected = {
    code: EXIT.notRunning,
    stdout: "",
    stderr:
      `error MFS_NOT_RUNNING: no MusicFS is running: nobody listens on ${folder}/run/musicfs/default.sock\n` +
      "  Start it with 'musicfs start'.\n",
  };
  assert.deepEqual(await musicfs(["stop"]), expected);
  assert.deepEqual(await musicfs(["status", "--json"]), expected);
  const named = await musicfs(["status", "--name", "other"]);
  assert.equal(named.code, EXIT.notRunning);
  assert.match(named.stderr, /run\/musicfs\/other\.sock\n/);
});

test("a broken config does not hide whether an instance runs", async (t) => {
  const { musicfs, write } = openAccount(t);
  write("musicfs.config.yaml", "mountpoint: [\n");
  const { code, stderr } = await musicfs(["status"]);
  assert.equal(code, EXIT.notRunning);
  assert.match(stderr, /the config was not used: cannot load the config/);
});

test("a stack is shown only when it is asked for", async (t) => {
  const { musicfs, write } = openAccount(t);
  write("musicfs.config.ts", "throw new Error('boo');");
  const quiet = await musicfs(["config", "check"]);
  assert.equal(quiet.code, EXIT.config);
  assert.equal(
    quiet.stderr.replace(/\S+\/musicfs\.config/, "FILE"),
    "error MFS_CONFIG_UNREADABLE: cannot load the config FILE.ts:1: boo\n  Mend the file, then run 'musicfs config check'.\n",
  );
  const loud = await musicfs(["config", "check"], { MUSICFS_LOG_LEVEL: "debug" });
  assert.match(loud.stderr, /\n {4}at .*musicfs\.config\.ts:1:/);
});
