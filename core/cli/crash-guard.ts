import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { EXIT } from "../errors.js";
import type { Logger } from "../logger.js";
import { findMusicfsMount } from "./process-state.js";

const UNMOUNT_TIMEOUT_MS = 5000;

/**
 * Ends the process with code 70 on an error that nobody caught: its state is unknown then, so it takes the
 * mount away from its users, and does nothing else.
 */
export function guardProcess(log: Logger, mountpoint: string): void {
  process.on("uncaughtException", (error) => {
    try {
      log.error(`MusicFS ends because of a fault of its own: ${error.message}`, { stack: error.stack ?? "" });
      detachMount(mountpoint);
    } finally {
      process.exit(EXIT.internal);
    }
  });
}

// Aborting the connection first frees the threads that wait for the kernel, without which no process ends.
function detachMount(mountpoint: string): void {
  const mount = findMusicfsMount(mountpoint);
  if (!mount) return;
  try {
    writeFileSync(`/sys/fs/fuse/connections/${mount.deviceMinor}/abort`, "1");
  } catch {
    // fusectl may not be mounted; detaching alone suffices where nobody has a file open.
  }
  const attempts = [
    ["umount", "-l", "--", mountpoint],
    ["fusermount3", "-uz", "--", mountpoint],
  ] as const;
  for (const [program, ...args] of attempts) {
    const isGone = findMusicfsMount(mountpoint)?.deviceMinor !== mount.deviceMinor;
    if (!isGone) spawnSync(program, args, { cwd: "/", stdio: "ignore", timeout: UNMOUNT_TIMEOUT_MS });
  }
}
