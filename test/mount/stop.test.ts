import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { BIN, openAccount } from "../support/command-line.js";
import { mountpoints } from "../support/leftovers.js";
import { type RunningDaemon, withInstance } from "../support/mount.js";
import { run, until, within } from "../support/process.js";
import { audioBelow, EXAMPLE_LIBRARY } from "../support/tree-files.js";

const FUSE = { driver: "mount-fuse", library: EXAMPLE_LIBRARY } as const;

// Reads a byte of standard input for each byte that it reads of the file, so that the test says when.
const READER = `
import os, sys
fd = os.open(sys.argv[1], os.O_RDONLY)
print("open", flush=True)
while sys.stdin.read(1):
    try:
        data = os.pread(fd, 10, 0)
        print("read" if len(data) == 10 else "short", flush=True)
    except OSError as error:
        print(error.errno, flush=True)
`;

interface Reader {
  lines(): string[];
  read(): void;
  close(): Promise<void>;
}

async function openReader(path: string): Promise<Reader> {
  const child = spawn("python3", ["-c", READER, path], { stdio: ["pipe", "pipe", "inherit"] });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    text += piece;
  });
  const lines = (): string[] => text.split("\n").slice(0, -1);
  await until("the file is open", () => lines().length === 1);
  return {
    lines,
    read: () => void child.stdin.write("x"),
    close: () => {
      child.stdin.end();
      return closed;
    },
  };
}

const isOver = (daemon: RunningDaemon): Promise<boolean> =>
  Promise.race([daemon.ended.then(() => true), Promise.resolve(false)]);

test("Ctrl-C reaches the daemon alone: what helps it ends with it, and nobody tells of a process that died", async (t) => {
  const account = openAccount(t);
  // A group of its own, as a shell gives one to what it starts in a terminal.
  const daemon = spawn(process.execPath, [BIN, "start"], {
    cwd: account.folder,
    env: account.env,
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const pid = daemon.pid as number;
  const ended = new Promise((resolve) => daemon.once("close", (code, signal) => resolve(code ?? signal)));
  t.after(() => daemon.kill("SIGKILL"));
  let told = "";
  daemon.stderr.setEncoding("utf8").on("data", (text: string) => {
    told += text;
  });
  const helpers = (): string[] => {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
    return text === "" ? [] : text.split(" ");
  };
  await until("the search has its process", () => helpers().length > 0);
  assert.equal((await account.musicfs(["wait", "--scanned"])).code, 0);
  const helping = helpers();
  process.kill(-pid, "SIGINT");
  assert.equal(await within("the end", ended), 0);
  assert.match(told, /stopped: SIGINT/);
  assert.doesNotMatch(told, /started again|"level":"(?:warn|error)","[^\n]*process/);
  await until("its helpers are gone", () => helping.every((helper) => !existsSync(`/proc/${helper}/fd/0`)));
});

test("a stop opens nothing more, lets readers finish, and leaves one file of the catalogue", () =>
  withInstance({ ...FUSE, driverOptions: { passthrough: false } }, async (instance) => {
    const daemon = await instance.start();
    await daemon.scanned();
    const [first = "", second = ""] = await audioBelow(instance.mountpoint);
    const reader = await openReader(first);
    const stopping = instance.cli(["stop", "--timeout", "60"], { deadlineMs: 90_000 });
    await until("nothing is opened any more", async () => (await run(["head", "-c1", second])).code !== 0);
    const refused = await run(["head", "-c1", second]);
    assert.match(refused.stderr, /Transport endpoint is not connected/);
    assert.equal(await isOver(daemon), false);
    reader.read();
    await until("it has read", () => reader.lines().length === 2);
    assert.deepEqual(reader.lines(), ["open", "read"]);
    await reader.close();
    assert.equal((await stopping).code, 0);
    assert.equal((await daemon.ended).code, 0);
    assert.ok(!mountpoints().includes(instance.mountpoint));
    const state = join(instance.folder, "state/musicfs/default");
    assert.ok(
      existsSync(join(state, "catalogue.sqlite")) && !existsSync(join(state, "catalogue.sqlite-wal")),
    );
  }));

test("a reader that does not finish in time is left behind", () =>
  withInstance(FUSE, async (instance) => {
    const daemon = await instance.start();
    await daemon.scanned();
    const [first = ""] = await audioBelow(instance.mountpoint);
    const reader = await openReader(first);
    const stopped = await instance.cli(["stop", "--timeout", "0.5"]);
    assert.equal(stopped.code, 0, stopped.stderr);
    assert.equal((await daemon.ended).code, 0);
    await reader.close();
  }));

for (const driver of ["mount-fuse", "mount-fuse-native"] as const) {
  test(`a second signal ends the wait for readers at once (${driver})`, () =>
    withInstance({ ...FUSE, driver }, async (instance) => {
      const daemon = await instance.start();
      await daemon.scanned();
      const [first = ""] = await audioBelow(instance.mountpoint);
      const reader = await openReader(first);
      const stopping = instance.cli(["stop", "--timeout", "600"], { deadlineMs: 60_000 });
      await until("it stops", () => daemon.stderr().includes("stopping: "));
      process.kill(daemon.pid, "SIGTERM");
      assert.equal((await within("the end", daemon.ended, 30_000)).code, 0);
      assert.equal((await stopping).code, 0);
      await reader.close();
    }));
}
