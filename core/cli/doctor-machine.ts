import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Config } from "../config/config.js";
import { fetchStatus } from "../control/client.js";
import { messageOf } from "../errors.js";
import type { Finding } from "../model/mount-driver.js";
import { findMusicfsMount } from "./process-state.js";

/** The oldest Node that `engines` in package.json allows. */
const OLDEST_NODE = [20, 19] as const;

export function checkNode(): Finding {
  const subject = "Node";
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const [oldestMajor, oldestMinor] = OLDEST_NODE;
  const ok = major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
  if (ok) return { ok, subject, finding: process.version };
  return {
    ok,
    subject,
    finding: `${process.version} is older than ${OLDEST_NODE.join(".")}`,
    remedy: "install Node 20.19, 22 or 24: https://nodejs.org",
  };
}

export async function checkSqlite(): Promise<Finding> {
  const subject = "better-sqlite3";
  try {
    const { default: Database } = await import("better-sqlite3");
    const db = new Database(":memory:");
    const version = db.prepare("SELECT sqlite_version()").pluck().get();
    db.close();
    return { ok: true, subject, finding: `loaded, SQLite ${version}` };
  } catch (error) {
    return {
      ok: false,
      subject,
      finding: messageOf(error).split("\n")[0] ?? "",
      remedy: "npm rebuild better-sqlite3 (needs: apt-get install build-essential python3)",
    };
  }
}

/** Whether a folder of MusicFS can be written to, or made. Makes nothing. */
export function checkFolder(path: string): Finding {
  const existing = nearestExisting(path);
  const finding = existing === path ? "writable" : `will be made in ${existing}`;
  try {
    if (!statSync(existing).isDirectory()) throw new Error(`${existing} is no folder`);
    accessSync(existing, constants.W_OK | constants.X_OK);
    return { ok: true, subject: path, finding };
  } catch (error) {
    return {
      ok: false,
      subject: path,
      finding: messageOf(error),
      remedy: `mkdir -p ${quote(path)} && chown ${process.getuid?.() ?? "$USER"} ${quote(path)}`,
    };
  }
}

/** Whether the mountpoint can be mounted at, or is the running instance's. */
export async function checkMountpoint({ mountpoint, socketPath }: Config): Promise<Finding> {
  const subject = mountpoint;
  const mount = findMusicfsMount(mountpoint);
  const running = await fetchStatus(socketPath, { timeoutMs: 2000 }).catch(() => undefined);
  if (running?.mountpoint === mountpoint) {
    return { ok: true, subject, finding: `mounted by the running instance (process ${running.pid})` };
  }
  if (mount) {
    return {
      ok: false,
      subject,
      finding: "holds a mount of MusicFS that this config's instance does not serve",
      remedy: `musicfs start replaces it if it is dead and this config's; else: fusermount3 -uz ${quote(mountpoint)}`,
    };
  }
  return checkEmptyFolder(mountpoint);
}

function checkEmptyFolder(path: string): Finding {
  const existing = nearestExisting(path);
  if (existing !== path) return checkFolder(path);
  try {
    const isEmpty = readdirSync(path).length === 0;
    if (isEmpty) return { ok: true, subject: path, finding: "an empty folder" };
    return { ok: false, subject: path, finding: "is not empty", remedy: "name another one with --mount DIR" };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isDead = code === "ENOTCONN";
    return {
      ok: false,
      subject: path,
      finding: isDead ? "a dead mount (Transport endpoint is not connected)" : messageOf(error),
      remedy: isDead ? `fusermount3 -uz ${quote(path)}` : "name another one with --mount DIR",
    };
  }
}

function nearestExisting(path: string): string {
  try {
    statSync(path);
    return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const parent = dirname(path);
    return code === "ENOENT" && parent !== path ? nearestExisting(parent) : path;
  }
}

function quote(path: string): string {
  return /^[\w@%+=:,./-]+$/u.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
