import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { MusicfsError } from "./errors.js";
import { unusableFolder } from "./private-folder.js";

/** Who holds a lock; for the message to whoever wants it, too. */
export interface LockHolder {
  readonly name: string;
  readonly mountpoint: string;
}

export interface Lock {
  release(): void;
}

/**
 * Takes a folder for this process alone, and makes the folder when it is missing.
 *
 * The lock is SQLite's exclusive lock on `<folder>/lock`, which the kernel drops with the process, however
 * that ends; Node has no flock(2). `<folder>/lock.json` tells who holds it, and means nothing by itself.
 *
 * @throws `MFS_ALREADY_RUNNING` when another process holds it, `MFS_FOLDER_UNUSABLE` when it can't be made.
 */
export function takeLock(folder: string, holder: LockHolder): Lock {
  makeFolder(folder);
  const db = openLockFile(folder);
  try {
    db.pragma("locking_mode = EXCLUSIVE");
    db.exec("BEGIN EXCLUSIVE");
    // Whoever can open it could hold it. Never by a descriptor: closing one would drop the lock (fcntl(2)).
    chmodSync(join(folder, "lock"), 0o600);
    writeFileSync(join(folder, "lock.json"), JSON.stringify({ ...holder, pid: process.pid }), {
      mode: 0o600,
    });
  } catch (error) {
    db.close();
    throw lockError(error, folder);
  }
  return {
    release() {
      rmSync(join(folder, "lock.json"), { force: true });
      db.close();
    },
  };
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusableFolder(folder, error);
  }
}

function openLockFile(folder: string): Database.Database {
  try {
    return new Database(join(folder, "lock"), { timeout: 0 });
  } catch (error) {
    throw unusableFolder(folder, error);
  }
}

function lockError(error: unknown, folder: string): MusicfsError {
  const code = String((error as { code?: unknown }).code ?? "");
  if (!code.startsWith("SQLITE_BUSY")) return unusableFolder(folder, error);
  return new MusicfsError("MFS_ALREADY_RUNNING", `${describeHolder(folder)} uses ${folder}`, {
    cause: error,
  });
}

function describeHolder(folder: string): string {
  try {
    const { pid, mountpoint } = JSON.parse(readFileSync(join(folder, "lock.json"), "utf8"));
    return `a running MusicFS (process ${Number(pid)}, mounted at ${String(mountpoint)})`;
  } catch {
    return "a running MusicFS";
  }
}
