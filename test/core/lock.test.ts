import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { takeLock } from "../../core/lock.js";
import { AS_NOBODY, run } from "../support/process.js";
import { temporaryFolder } from "../support/temporary-folder.js";

const LOCK_MODULE = fileURLToPath(new URL("../../core/lock.js", import.meta.url));
const HOLDER = { name: "default", mountpoint: "/mnt/music" };

/** Takes the lock, says how that went, and holds it until its stdin ends. */
const HOLD = `import { takeLock } from ${JSON.stringify(LOCK_MODULE)};
try {
  takeLock(process.argv[1], ${JSON.stringify(HOLDER)});
  console.log("taken");
} catch (error) {
  console.log(error.code);
}
process.stdin.resume();
`;

function holder(folder: string): ChildProcess {
  const child = spawn(process.execPath, ["--input-type=module", "-e", HOLD, folder], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  child.stdout?.setEncoding("utf8");
  return child;
}

async function answerOf(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error("the child has no stdout");
  const [text] = await once(child.stdout, "data");
  return String(text).trim();
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = once(child, "exit");
  child.kill(signal);
  await ended;
}

test("of 20 processes that want one folder exactly one gets it, and a new one after its kill -9", async (t) => {
  const folder = join(temporaryFolder(t), "made/for/it");
  const children = Array.from({ length: 20 }, () => holder(folder));
  t.after(() => children.forEach((child) => void child.kill("SIGKILL")));
  const answers = await Promise.all(children.map(answerOf));
  const winner = children[answers.indexOf("taken")];
  assert.deepEqual(answers.toSorted(), [...Array(19).fill("MFS_ALREADY_RUNNING"), "taken"]);
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  assert.equal(statSync(join(folder, "lock")).mode & 0o777, 0o600);
  assert.equal(statSync(join(folder, "lock.json")).mode & 0o777, 0o600);

  assert.ok(winner?.pid);
  assert.throws(() => takeLock(folder, HOLDER), {
    code: "MFS_ALREADY_RUNNING",
    message: `a running MusicFS (process ${winner.pid}, mounted at /mnt/music) uses ${folder}`,
    hint: /musicfs stop/,
  });
  await end(winner, "SIGKILL");
  const next = takeLock(folder, HOLDER);
  next.release();
});

test("a lock is free again after its release, also in the same process", (t) => {
  const folder = temporaryFolder(t);
  const first = takeLock(folder, HOLDER);
  assert.throws(() => takeLock(folder, HOLDER), { code: "MFS_ALREADY_RUNNING" });
  assert.throws(
    () => takeLock(folder, HOLDER),
    { code: "MFS_ALREADY_RUNNING" },
    "a failed try must not free it",
  );
  first.release();
  assert.equal(existsSync(join(folder, "lock.json")), false);
  takeLock(folder, HOLDER).release();
});

test("what is told of a dead holder, or by nonsense, disturbs nobody", (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, "lock.json"), '{"pid": "x\\u001b[31m');
  takeLock(folder, HOLDER).release();
});

test("a folder that cannot be used is named", (t) => {
  const folder = temporaryFolder(t);
  const unusable = { code: "MFS_FOLDER_UNUSABLE", message: new RegExp(`^cannot use the folder ${folder}`) };
  writeFileSync(join(folder, "file"), "");
  assert.throws(() => takeLock(join(folder, "file"), HOLDER), unusable);
  assert.throws(() => takeLock(join(folder, "file/below"), HOLDER), unusable);
  mkdirSync(join(folder, "foreign"));
  writeFileSync(join(folder, "foreign/lock"), "no database, but long enough to be looked at ".repeat(100));
  assert.throws(() => takeLock(join(folder, "foreign"), HOLDER), unusable);
});

const isRoot = process.getuid?.() === 0;

test("a folder of somebody else is refused", { skip: isRoot ? false : "needs root" }, async (t) => {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o755);
  mkdirSync(join(folder, "roots"), { mode: 0o755 });
  const code = HOLD.replace("process.stdin.resume();", "");
  const { stdout } = await run(
    [...AS_NOBODY, process.execPath, "--input-type=module", "-e", code, join(folder, "roots")],
    { env: { PATH: process.env.PATH } },
  );
  assert.equal(stdout.trim(), "MFS_FOLDER_UNUSABLE");
});
