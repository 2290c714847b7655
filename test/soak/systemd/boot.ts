import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type Ran, run, until } from "../../support/process.js";

/** A machine within this one, on which systemd runs. */
export interface Booted {
  /** Runs a script of bash on it, as root. */
  bash(script: string): Promise<Ran>;
}

const PROJECT = fileURLToPath(new URL("../../../..", import.meta.url));
const BOOT = join(PROJECT, "test/soak/systemd/boot.sh");
const NAMESPACES = ["--mount", "--pid", "--cgroup", "--uts", "--ipc", "--net"];

/**
 * Boots the systemd of this machine in namespaces of its own, on a copy of its disk in memory; it, and all that it
 * started, ends with the test. Needs root, and a cgroup v2 that is mounted anywhere.
 */
export async function bootSystemd(t: TestContext): Promise<Booted> {
  const folder = mkdtempSync(join(tmpdir(), "musicfs-systemd-"));
  const cgroup = join(unifiedCgroup(), folder.slice(tmpdir().length + 1));
  mkdirSync(cgroup);
  // Whoever starts the namespaces is in the group, so that it is the root of the groups that systemd sees.
  const script = `echo $$ >"$1/cgroup.procs" && exec unshare ${NAMESPACES.join(" ")} --fork --kill-child "$2" "$3" "$4"`;
  const outside = spawn("bash", ["-c", script, "boot", cgroup, BOOT, folder, PROJECT], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = once(outside, "close");
  let complaint = "";
  outside.stderr.setEncoding("utf8").on("data", (text: string) => {
    complaint += text;
  });
  t.after(async () => {
    outside.kill("SIGKILL");
    await ended;
    await until(
      "its processes are gone",
      () => !/populated 1/.test(readFileSync(join(cgroup, "cgroup.events"), "utf8")),
    );
    removeGroups(cgroup);
    rmSync(folder, { recursive: true, force: true });
  });
  const init = await until(`there is a process 1; ${complaint}`, () => {
    if (outside.exitCode !== null) throw new Error(`it did not boot: ${complaint}`);
    return childOf(outside.pid as number);
  });
  const bash = (text: string): Promise<Ran> =>
    run(["nsenter", "-t", String(init), "-m", "-p", "-n", "-i", "-u", "-C", "bash", "-c", text], {
      cwd: "/",
    });
  await until(`it has booted; ${complaint}`, async () => {
    const { stdout } = await bash("systemctl is-active soak.target");
    return stdout === "active\n";
  });
  return { bash };
}

function unifiedCgroup(): string {
  const mounts = readFileSync("/proc/self/mounts", "utf8")
    .split("\n")
    .map((line) => line.split(" "));
  const found = mounts.find(([, , type]) => type === "cgroup2")?.[1];
  if (found === undefined) throw new Error("this machine has no cgroup v2");
  return found;
}

function childOf(pid: number): number | undefined {
  const path = `/proc/${pid}/task/${pid}/children`;
  const [first] = existsSync(path) ? readFileSync(path, "utf8").trim().split(" ") : [];
  return first ? Number(first) : undefined;
}

function removeGroups(path: string): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) removeGroups(join(path, entry.name));
  }
  rmdirSync(path);
}
