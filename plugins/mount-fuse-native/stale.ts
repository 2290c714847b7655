import { realpath } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { isAnywhere, isOurs, mountAt } from "./mount-table.js";
import { runProgram, unmountAt } from "./programs.js";

const PROBE_MS = 2000;

/**
 * Detaches what is mounted at `mountpoint`, if it is a mount of ours by name and by type whose daemon is gone
 * ("Transport endpoint is not connected"). On macOS nothing is left behind, so there is nothing to do.
 *
 * @returns whether something was detached.
 */
export async function detachStaleMount(mountpoint: string, source: string): Promise<boolean> {
  if (!isAnywhere(source)) return false;
  const path = await pathOf(mountpoint);
  const entry = mountAt(path);
  if (!entry || !isOurs(entry, source) || !(await isDead(path))) return false;
  await unmountAt(path, true);
  return mountAt(path)?.device !== entry.device;
}

// The last segment is left as it is: a look at a mount may never be answered.
async function pathOf(mountpoint: string): Promise<string> {
  const path = resolve(mountpoint);
  return join(await realpath(dirname(path)), basename(path));
}

// Asked by another process, for the same reason.
async function isDead(path: string): Promise<boolean> {
  const { stderr } = await runProgram("stat", ["-f", "--", path], PROBE_MS);
  return stderr.includes("Transport endpoint is not connected");
}
