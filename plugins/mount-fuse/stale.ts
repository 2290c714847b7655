import { spawn } from "node:child_process";
import { readMountInfo, topmostAt } from "./mountinfo.js";
import { detach, isOurs, pathOfMountpoint } from "./mountpoint.js";

const PROBE_MS = 2000;

/**
 * Detaches what is mounted at `mountpoint`, if it is a mount of ours by name and by type and its daemon is
 * gone ("Transport endpoint is not connected").
 *
 * @returns whether something was detached.
 */
export async function detachStaleMount(mountpoint: string, source: string): Promise<boolean> {
  if (!readMountInfo().some((mount) => isOurs(mount, source))) return false;
  const path = await pathOfMountpoint(mountpoint);
  const mount = topmostAt(readMountInfo(), path);
  if (!mount || !isOurs(mount, source) || !(await isDead(path))) return false;
  await detach(path);
  return topmostAt(readMountInfo(), path)?.device !== mount.device;
}

// Asked by another process, since a mount whose daemon hangs would never answer this one.
function isDead(path: string): Promise<boolean> {
  return new Promise((settle) => {
    const child = spawn("stat", ["-f", "--", path], {
      cwd: "/",
      env: { PATH: process.env["PATH"] ?? "/usr/bin:/bin", LC_ALL: "C" },
      stdio: ["ignore", "ignore", "pipe"],
    });
    const settleOnce = (isGone: boolean) => {
      clearTimeout(timer);
      settle(isGone);
    };
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      child.stderr.destroy();
      child.unref();
      settleOnce(false);
    }, PROBE_MS);
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
    });
    child.once("error", () => settleOnce(false));
    child.once("close", () => settleOnce(stderr.includes("Transport endpoint is not connected")));
  });
}
