import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EXIT } from "../../../core/errors.js";
import { writeFlac } from "../../support/audio-writer.js";
import { type Account, BIN, openAccount } from "../../support/command-line.js";
import { until } from "../../support/process.js";
import { temporaryFolder } from "../../support/temporary-folder.js";
import { EXAMPLE_LIBRARY } from "../../support/tree-files.js";

interface Line {
  readonly type?: string;
  readonly path?: string;
  readonly uptimeMs?: number;
}

/** Runs a command that goes on until it is killed; what it prints is parsed as JSON lines. */
function follow({ env, folder }: Account, args: readonly string[]): { child: ChildProcess; seen: Line[] } {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const seen: Line[] = [];
  let rest = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    seen.push(...lines.map((line) => JSON.parse(line)));
  });
  return { child, seen };
}

test("what is asked of a daemon that does not run says so, with its exit code", async (t) => {
  const { musicfs } = openAccount(t);
  const commands = [
    "status",
    "stop",
    "origin list",
    "origin health x",
    "plugin list",
    "events",
    "metadata /",
  ];
  for (const command of [...commands, "wait --timeout 0"]) {
    const { code, stderr } = await musicfs(command.split(" "));
    assert.equal(code, EXIT.notRunning, command);
    assert.match(stderr, /^error MFS_NOT_RUNNING: no MusicFS is running/, command);
  }
});

test("wait returns when the mount answers, whoever starts it, and when the scan is over", async (t) => {
  const { musicfs, mountpoint } = openAccount(t);
  const waiting = musicfs(["wait", "--timeout", "50"]);
  assert.equal((await musicfs(["start", "--detach"])).code, 0);
  const { code, stderr } = await waiting;
  assert.deepEqual([code, stderr], [0, `MusicFS is mounted at ${mountpoint}\n`]);
  const scanned = await musicfs(["wait", "--scanned", "--json"]);
  const { state, scan, tracks } = JSON.parse(scanned.stdout);
  assert.deepEqual([state, scan.state, tracks], ["mounted", "idle", 32]);
});

test("origins, plugins and tags are shown to people and to programs", async (t) => {
  const { musicfs, mountpoint } = openAccount(t);
  await musicfs(["start", "--detach"]);
  await musicfs(["wait", "--scanned"]);
  const json = async (...args: string[]) => JSON.parse((await musicfs([...args, "--json"])).stdout);

  const { origins } = await json("origin", "list");
  const [{ latencyP50Ms, readBytes, ...rest }] = origins;
  assert.deepEqual(rest, {
    id: EXAMPLE_LIBRARY,
    state: "connected",
    files: 32,
    changes: "watch",
    localRoot: EXAMPLE_LIBRARY,
    breaker: "closed",
    priority: 0,
    readErrors: 0,
    retries: 0,
    failovers: 0,
    hedges: 0,
    sharedFiles: 0,
  });
  assert.ok(latencyP50Ms >= 0 && readBytes > 0, "it read its playlists");
  assert.match(
    (await musicfs(["origin", "list"])).stdout,
    /^ORIGIN +STATE +FILES +LATENCY +BREAKER +READ +SHARED\n.* +connected +32 +[\d.]+ ms +closed +[\d.]+ \S+ +0\n$/u,
  );
  assert.ok((await json("origin", "health", EXAMPLE_LIBRARY)).latencyMs > 0);
  const unknown = await musicfs(["origin", "health", "nobody"]);
  assert.deepEqual([unknown.code, unknown.stdout], [EXIT.failure, ""]);
  assert.match(unknown.stderr, /^error MFS_NOT_FOUND: no origin has the id 'nobody'/u);

  const { plugins } = await json("plugin", "list");
  assert.deepEqual(
    plugins.find(({ name }: { name: string }) => name === "origin-local").options.path,
    EXAMPLE_LIBRARY,
  );

  const path = "/Marrow & Finch/Salt Lanterns (2019)/01 - Tide Table.flac";
  const track = await json("metadata", path);
  assert.deepEqual([track.kind, track.track.title, track.track.trackNumber], ["track", "Tide Table", 1]);
  assert.deepEqual(await json("metadata", join(mountpoint, path)), track);
  assert.equal((await json("metadata", mountpoint)).kind, "directory");
  assert.match((await musicfs(["metadata", path])).stdout, /^title +Tide Table$/mu);
});

test("events of the past are shown, and what happens as it happens", async (t) => {
  const library = temporaryFolder(t);
  const account = openAccount(t);
  const origin = JSON.stringify({ path: library });
  account.write("musicfs.config.yaml", `mountpoint: mnt\nplugins:\n  - origin-local: ${origin}\n`);
  writeFileSync(join(library, "one.txt"), "no music");
  await account.musicfs(["start", "--detach"]);
  await account.musicfs(["wait", "--scanned"]);

  const { stdout } = await account.musicfs(["events", "--json"]);
  const types = stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line).type);
  assert.deepEqual(types.slice(0, 3), ["mounted", "scan-started", "scan-completed"]);
  const some = await account.musicfs(["events", "--type", "mounted"]);
  assert.match(some.stdout, /^\d\d:\d\d:\d\d {2}mounted +\/.*\/mnt\n$/u);

  const { child, seen } = follow(account, [
    "events",
    "--follow",
    "--json",
    "--type",
    "scan-completed",
    "mounted",
    "file-added",
  ]);
  await until("the past was shown", () => seen.length >= 2);
  const added = seen.length;
  writeFileSync(join(library, "new.flac"), writeFlac({ title: "New", artists: ["Somebody"], album: "One" }));
  const path = "/Somebody/One/New.flac";
  await until("the new file was told", () => seen.slice(added).some((event) => event.path === path));
  await account.musicfs(["stop"]);
  const [code] = child.exitCode === null ? await once(child, "exit") : [child.exitCode];
  assert.equal(code, 0);
});

test("status --watch goes on until the daemon ends", async (t) => {
  const account = openAccount(t);
  await account.musicfs(["start", "--detach"]);
  const { child, seen } = follow(account, ["status", "--watch", "--json"]);
  await until("it looked twice", () => seen.length >= 2);
  const [first, second] = seen.map(({ uptimeMs }) => uptimeMs ?? 0);
  assert.ok(first !== undefined && second !== undefined && second > first);
  await account.musicfs(["stop"]);
  const [code] = child.exitCode === null ? await once(child, "exit") : [child.exitCode];
  assert.equal(code, 0);
});

test("whoever follows a daemon that is killed is told that it ended", async (t) => {
  const account = openAccount(t);
  await account.musicfs(["start", "--detach"]);
  const { pid } = JSON.parse((await account.musicfs(["status", "--json"])).stdout);
  const child = spawn(process.execPath, [BIN, "events", "--follow", "--json"], {
    cwd: account.folder,
    env: account.env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // The past is told first.
  await once(child.stdout.resume(), "data");
  process.kill(pid, "SIGKILL");
  const [code] = await once(child, "close");
  await account.musicfs(["service", "clean"]);
  assert.equal(code, EXIT.failure);
  assert.match(stderr, /^error MFS_CONTROL_FAILED: the daemon on \S+ ended in the middle of an answer\n/);
});
