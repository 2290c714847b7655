import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type Account, BIN, openAccount } from "../support/command-line.js";
import { type DatagramReceiver, receiveDatagrams } from "../support/datagram-receiver.js";
import { mountpoints } from "../support/leftovers.js";
import { run, until, within } from "../support/process.js";
import { EXAMPLE_LIBRARY } from "../support/tree-files.js";

interface Service {
  readonly account: Account;
  readonly manager: DatagramReceiver;
  readonly daemon: ChildProcess;
  readonly ended: Promise<unknown>;
}

/** Starts a daemon as systemd does. */
async function startService(t: TestContext, env: NodeJS.ProcessEnv = {}): Promise<Service> {
  const account = openAccount(t);
  const socket = join(account.folder, "notify");
  const manager = await receiveDatagrams(t, socket);
  const daemon = spawn(process.execPath, [BIN, "start"], {
    cwd: account.folder,
    env: { ...account.env, NOTIFY_SOCKET: socket, ...env },
    stdio: "ignore",
  });
  const ended = new Promise((resolve) => daemon.once("exit", (code, signal) => resolve(code ?? signal)));
  t.after(() => daemon.kill("SIGKILL"));
  await until("it is ready", () => manager.received.some((text) => text.startsWith("READY=1\n")));
  return { account, manager, daemon, ended };
}

test("systemd is told when the tree answers, what goes on, and when it stops", async (t) => {
  const { account, manager, daemon, ended } = await startService(t);
  // At the very moment of READY the mount is there, and a command of systemd's finds the socket.
  assert.ok(mountpoints().includes(account.mountpoint));
  await until("the scan is told", () =>
    manager.received.some(
      (text) => /^STATUS=\d+ tracks at .*\/mnt\n$/.test(text) && !/^STATUS=0 /.test(text),
    ),
  );
  assert.equal((await account.musicfs(["reload"])).code, 0);
  const reloading = manager.received.findIndex((text) => text.startsWith("RELOADING=1\nMONOTONIC_USEC="));
  await until("ready follows", () =>
    manager.received.slice(reloading).some((text) => text.startsWith("READY=1\n")),
  );
  daemon.kill("SIGTERM");
  assert.equal(await within("the end", ended), 0);
  assert.ok(manager.received.some((text) => text.startsWith("STOPPING=1\n")));
});

test("the watchdog hears nothing while the mount does not answer", async (t) => {
  const { manager, daemon, ended } = await startService(t, { WATCHDOG_USEC: "400000" });
  const count = (): number => manager.received.filter((text) => text === "WATCHDOG=1\n").length;
  await until("all is well", () => count() >= 3);
  // What stops a process stops its event loop and its workers.
  daemon.kill("SIGSTOP");
  await new Promise((resolve) => setTimeout(resolve, 300));
  const before = count();
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.equal(count(), before);
  daemon.kill("SIGCONT");
  await until("all is well again", () => count() > before);
  daemon.kill("SIGTERM");
  await within("the end", ended);
});

test("a reload applies what it can, names the rest, and a wrong config changes nothing", async (t) => {
  const account = openAccount(t);
  const file = join(account.folder, "musicfs.config.yaml");
  const old = readFileSync(file, "utf8");
  await account.musicfs(["start", "--detach"]);
  const nothing = await account.musicfs(["reload"]);
  assert.match(nothing.stdout, /^nothing is new in .*musicfs\.config\.yaml\n$/);

  writeFileSync(
    file,
    `${old}  - webhook: { url: "http://127.0.0.1:9/", secret: s3cr3t-CANARY }
log: { level: debug }
scan: { workers: 3, timeout: 5 s }
cacheDir: elsewhere
`,
  );
  const { stdout } = await account.musicfs(["reload", "--json"]);
  const { applied, needsRestart } = JSON.parse(stdout);
  assert.deepEqual(applied, [
    { key: "scan.workers", before: "2", after: "3" },
    { key: "scan.timeout", before: "10000", after: "5000" },
    { key: "log.level", before: "info", after: "debug" },
  ]);
  assert.deepEqual(
    needsRestart.map(({ key }: { key: string }) => key),
    ["cacheDir", "plugins (webhook:default)"],
  );
  assert.match((await account.musicfs(["logs", "--set-level", "info"])).stderr, /it was debug/);

  writeFileSync(file, `${old}log: { level: loud }\n`);
  const wrong = await account.musicfs(["reload"]);
  assert.equal(wrong.code, 3);
  assert.match(wrong.stderr, /MFS_CONFIG_INVALID.*\n.*log\.level/);
  assert.equal((await account.musicfs(["status"])).code, 0);

  // What was applied holds; what was named before is named again.
  writeFileSync(file, `${old}cacheDir: elsewhere\nlog: { level: warn }\n`);
  const { pid } = JSON.parse((await account.musicfs(["status", "--json"])).stdout);
  process.kill(pid, "SIGHUP");
  const isWarn = async () =>
    /it was warn/.test((await account.musicfs(["logs", "--set-level", "warn"])).stderr);
  await until("SIGHUP has applied it", isWarn);
  const again = JSON.parse((await account.musicfs(["reload", "--json"])).stdout);
  assert.deepEqual(
    again.needsRestart.map(({ key }: { key: string }) => key),
    ["cacheDir"],
  );
});

test("the cache's limits change while it runs, and other options don't", async (t) => {
  const account = openAccount(t);
  const config = (maxBytes: string, more = ""): string =>
    account.write(
      "musicfs.config.yaml",
      `mountpoint: mnt
plugins:
  - origin-local: { path: ${JSON.stringify(EXAMPLE_LIBRARY)}, cache: true${more} }
  - cache-lru: { maxBytes: ${maxBytes}, minFreeBytes: 0 }
`,
    );
  const maxBytes = async (): Promise<number> =>
    Number(JSON.parse((await account.musicfs(["cache", "stats", "--json"])).stdout).maxBytes);
  config("50 MiB");
  await account.musicfs(["start", "--detach"]);
  assert.equal(await maxBytes(), 50 * 2 ** 20);
  config("20 MiB", ", followSymlinks: true");
  const { applied, needsRestart } = JSON.parse((await account.musicfs(["reload", "--json"])).stdout);
  const keysOf = (changes: readonly { key: string }[]): string[] => changes.map(({ key }) => key);
  assert.deepEqual(keysOf(applied), ["plugins (cache-lru).maxBytes"]);
  assert.deepEqual(keysOf(needsRestart), [`plugins (origin-local:${EXAMPLE_LIBRARY}).followSymlinks`]);
  assert.equal(await maxBytes(), 20 * 2 ** 20);
});

test("a unit is written, refused where somebody else's is, and removed", async (t) => {
  const account = openAccount(t);
  const unit = join(account.folder, "config/systemd/user/musicfs.service");
  const dry = await account.musicfs(["service", "install", "--user", "--dry-run"]);
  assert.match(dry.stdout, /^ExecStart=.* start --config .*musicfs\.config\.yaml$/m);
  const planned = await account.musicfs(["service", "install", "--user", "--dry-run", "--json"]);
  const plan = { path: unit, unit: "musicfs.service", text: dry.stdout, written: false };
  assert.deepEqual(JSON.parse(planned.stdout), plan);
  assert.ok(!existsSync(unit));
  const install = await account.musicfs(["service", "install", "--user"]);
  assert.equal(install.code, 0, install.stderr);
  assert.equal(readFileSync(unit, "utf8"), dry.stdout);
  assert.match(install.stdout, /systemctl --user enable --now musicfs\.service/);
  const removed = await account.musicfs(["service", "uninstall", "--user", "--json"]);
  assert.deepEqual(JSON.parse(removed.stdout), { path: unit, unit: "musicfs.service", removed: true });
  const clean = await account.musicfs(["service", "clean", "--json"]);
  assert.deepEqual(JSON.parse(clean.stdout), { mountpoint: account.mountpoint, detached: false });
  assert.ok(!existsSync(unit));
  account.write("config/systemd/user/musicfs.service", "[Service]\nExecStart=/bin/true\n");
  const foreign = await account.musicfs(["service", "install", "--user"]);
  assert.match(foreign.stderr, /MFS_FOLDER_UNUSABLE: .* was not written by/);
});

test("what the unit runs after a crash takes the dead mount away, and leaves a live one", async (t) => {
  const account = openAccount(t);
  await account.musicfs(["start", "--detach"]);
  const live = await account.musicfs(["service", "clean"]);
  assert.equal(live.stderr, "there is no dead mount\n");
  assert.ok(mountpoints().includes(account.mountpoint));
  const { pid } = JSON.parse((await account.musicfs(["status", "--json"])).stdout);
  // After a daemon that ended by itself there is nothing to look for, nor to say.
  const ended = { ...account.env, SERVICE_RESULT: "success", EXIT_CODE: "exited", EXIT_STATUS: "0" };
  const quiet = await run([process.execPath, BIN, "service", "clean"], { cwd: account.folder, env: ended });
  assert.deepEqual(quiet, { code: 0, stdout: "", stderr: "" });
  process.kill(pid, "SIGKILL");
  await until("it is dead", () => !existsSync(`/proc/${pid}/fd/0`));
  const clean = await account.musicfs(["service", "clean"]);
  assert.match(clean.stderr, /^detached a dead mount at /);
  assert.ok(!mountpoints().includes(account.mountpoint));
});

test("what a service tells is for its journal: no tree, no key to press, and errors as such", async (t) => {
  const account = openAccount(t);
  const journal = join(account.folder, "journal");
  const fd = openSync(journal, "w");
  t.after(() => closeSync(fd));
  const { dev, ino } = fstatSync(fd);
  const start = (...args: readonly string[]): ChildProcess =>
    spawn(process.execPath, [BIN, "start", ...args], {
      cwd: account.folder,
      env: { ...account.env, JOURNAL_STREAM: `${dev}:${ino}` },
      stdio: ["ignore", fd, fd],
    });
  const wrong = start("--config", "/nowhere.yaml");
  await within("the end", new Promise((resolve) => wrong.once("exit", resolve)));
  const lines = readFileSync(journal, "utf8").trimEnd().split("\n");
  assert.ok(lines.length > 1 && lines.every((line) => line.startsWith("<3>")), lines.join("\n"));

  ftruncateSync(fd);
  const daemon = start();
  const ended = new Promise((resolve) => daemon.once("exit", resolve));
  await until("the scan is over", () => /\d+ tracks in /.test(readFileSync(journal, "utf8")));
  daemon.kill("SIGTERM");
  await within("the end", ended);
  const told = readFileSync(journal, "utf8").replace(/^\0+/, "").trimEnd().split("\n");
  assert.ok(
    told.every((line) => /^<\d>/.test(line)),
    told.join("\n"),
  );
});
