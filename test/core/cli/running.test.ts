import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { findMusicfsMount, isProcessAlive } from "../../../core/cli/process-state.js";
import type { Status } from "../../../core/control/status.js";
import { EXIT } from "../../../core/errors.js";
import { BIN, openAccount } from "../../support/command-line.js";
import { run, until } from "../../support/process.js";
import { EXAMPLE_LIBRARY } from "../../support/tree-files.js";

test("a detached instance answers, is shown, refuses a second one, and is gone after the stop", async (t) => {
  const { folder, mountpoint, musicfs } = openAccount(t);
  const started = await musicfs(["start", "--detach"]);
  assert.equal(started.code, EXIT.ok, started.stderr);
  const [, pid = ""] =
    /\(process (\d+), log in .*musicfs\.log\)\nStop it with: musicfs stop\n$/.exec(started.stdout) ?? [];
  assert.ok(findMusicfsMount(mountpoint));
  // By another process: this one must not be able to wait for a mount.
  assert.equal((await run(["ls", mountpoint])).code, 0);

  const status = await until("the scan is done", async () => {
    const { code, stdout } = await musicfs(["status", "--json"]);
    assert.equal(code, EXIT.ok);
    const answer: Status = JSON.parse(stdout);
    return answer.scan.state === "idle" && answer.tracks > 0 ? answer : undefined;
  });
  assert.deepEqual(
    [status.pid, status.name, status.state, status.mountpoint, status.tracks],
    [Number(pid), "default", "mounted", mountpoint, 32],
  );
  const shown = await musicfs(["status"]);
  assert.match(
    shown.stdout,
    /^state +mounted at \S+\/mnt \(fuse\)\nprocess +\d+, up .*\nlibrary +32 tracks in 31 folders/,
  );
  assert.equal(readlinkSync(`/proc/${pid}/cwd`), "/");
  assert.match(readFileSync(`/proc/${pid}/environ`, "latin1"), /(^|\0)UV_THREADPOOL_SIZE=32\0/);

  for (const args of [["start"], ["start", "--detach"], ["start", "--mount", "elsewhere"]]) {
    const second = await musicfs(args);
    assert.equal(second.code, EXIT.alreadyRunning);
    assert.match(
      second.stderr,
      new RegExp(
        `^error MFS_ALREADY_RUNNING: .*process ${pid}, mounted at ${mountpoint}.*\n  .*musicfs stop`,
      ),
    );
  }
  assert.equal(existsSync(join(folder, "elsewhere")), false);

  const stopped = await musicfs(["stop"]);
  assert.deepEqual([stopped.code, stopped.stdout], [EXIT.ok, ""]);
  assert.equal(isProcessAlive(Number(pid)), false);
  assert.equal(findMusicfsMount(mountpoint), undefined);
  assert.equal(existsSync(join(folder, "run/musicfs/default.sock")), false);
  assert.equal(existsSync(join(folder, "state/musicfs/default/lock.json")), false);
  const log = join(folder, "state/musicfs/default/musicfs.log");
  assert.equal(statSync(log).mode & 0o777, 0o600);
  for (const line of readFileSync(log, "utf8").trim().split("\n")) assert.ok(JSON.parse(line).message);
  assert.equal((await musicfs(["stop"])).code, EXIT.notRunning);
});

test("in the foreground it says where the mount is, shows the tree, and ends with 0 on SIGTERM", async (t) => {
  const { folder, env, mountpoint } = openAccount(t);
  const child = spawn(process.execPath, [BIN, "start"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  const texts = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      texts[stream] += text;
    });
  }
  await until("the tree is shown", () => texts.stdout.includes("… and "));
  await until("the scan is over", () => texts.stderr.includes("32 tracks in"));
  assert.ok(
    texts.stdout.startsWith(`MusicFS is mounted at ${mountpoint}\nStop it with Ctrl-C, or: musicfs stop\n\n`),
  );
  assert.match(texts.stdout, /\n {2}Marrow & Finch\/\n {4}Salt Lanterns \(2019\)\/ {2}\(3 tracks\)\n/);
  assert.ok(texts.stdout.split("\n").length <= 20, texts.stdout);
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  assert.deepEqual(await ended, [EXIT.ok, null]);
  const messages = texts.stderr
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).message);
  assert.ok(messages.includes("32 tracks in 31 folders, 1 with a problem"), texts.stderr);
  assert.equal(findMusicfsMount(mountpoint), undefined);
});

test("an unreachable terminal does not end the daemon: SIGHUP and a closed output are survived", async (t) => {
  const { folder, env, musicfs } = openAccount(t);
  const child = spawn(process.execPath, [BIN, "start"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  await once(child.stdout, "data");
  child.stdout.destroy();
  child.stderr.destroy();
  child.kill("SIGHUP");
  const { pid } = JSON.parse((await musicfs(["status", "--json"])).stdout);
  assert.equal(pid, child.pid);
  const ended = once(child, "exit");
  assert.equal((await musicfs(["stop"])).code, EXIT.ok);
  assert.deepEqual(await ended, [EXIT.ok, null]);
});

test("a start that fails in the background gives its error to who started it, and takes nothing", async (t) => {
  const { folder, mountpoint, musicfs, write } = openAccount(t);
  write("mnt/file", "");
  const full = await musicfs(["start", "--detach"]);
  assert.equal(full.code, EXIT.failure);
  assert.match(
    full.stderr,
    /^error MFS_MOUNTPOINT_UNUSABLE: cannot mount at \S+\/mnt: the folder is not empty\n {2}Name/,
  );
  const inside = await musicfs(["start", "--detach", "--mount", join(EXAMPLE_LIBRARY, "mnt")]);
  assert.equal(inside.code, EXIT.config);
  assert.match(inside.stderr, /^error MFS_CONFIG_INVALID: mountpoint: .* lies in the origin/);
  assert.equal(existsSync(join(EXAMPLE_LIBRARY, "mnt")), false);
  assert.equal(findMusicfsMount(mountpoint), undefined);
  assert.equal(existsSync(join(folder, "state/musicfs/default/lock.json")), false);
});

test("an error that nobody caught takes the mount away and ends with 70, also while a file is open", async (t) => {
  const { folder, env, mountpoint, write } = openAccount(t);
  const trigger = join(folder, "trigger");
  write(
    "musicfs.config.ts",
    `import { existsSync } from "node:fs";
     import { definePlugin } from "musicfs";
     import { mountFuse, originLocal } from "musicfs/plugins";
     const bomb = definePlugin({
       name: "bomb",
       provides: ["search"],
       setup() {
         setInterval(() => { if (existsSync(${JSON.stringify(trigger)})) throw new Error("boom"); }, 50).unref();
       },
     });
     export default {
       mountpoint: "mnt",
       plugins: [bomb(), originLocal({ path: ${JSON.stringify(EXAMPLE_LIBRARY)} }), mountFuse({ passthrough: false })],
     };`,
  );
  const child = spawn(process.execPath, [BIN, "start"], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  await until("the scan is done", () => stderr.includes("32 tracks in 31 folders"));
  const file = join(mountpoint, "Marrow & Finch/Salt Lanterns (2019)/01 - Tide Table.flac");
  const reader = spawn("sh", ["-c", 'exec 3<"$1"; echo open; exec sleep 60', "sh", file], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  t.after(() => reader.kill("SIGKILL"));
  await once(reader.stdout, "data");

  const ended = once(child, "exit");
  writeFileSync(trigger, "");
  assert.deepEqual(await ended, [EXIT.internal, null]);
  assert.match(stderr, /MusicFS ends because of a fault of its own: boom/);
  assert.equal(findMusicfsMount(mountpoint), undefined);
});
