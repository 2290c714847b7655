import { spawnSync } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { EXIT } from "../errors.js";
import type { Logger } from "../logger.js";
import { findMusicfsMount } from "./process-state.js";

const UNMOUNT_TIMEOUT_MS = 5000;

/**
 * Ends the process with code 70 on an error that nobody caught: its state is unknown then, so it takes the
 * mount away from its users, and does nothing else.
 *
 * @param unmount ends the mount without waiting for anybody, and its threads.
 */
export function guardProcess(log: Logger, mountpoint: string, unmount: () => Promise<void>): void {
  let isEnding = false;
  process.on("uncaughtException", (error) => {
    log.error(`MusicFS ends because of a fault of its own: ${error.message}`, { stack: error.stack ?? "" });
    if (isEnding) return;
    isEnding = true;
    // Also when what waits for the end of the mount is the first to end the process.
    process.on("exit", () => {
      process.exitCode = EXIT.internal;
    });
    void endProcess(mountpoint, unmount);
  });
}

async function endProcess(mountpoint: string, unmount: () => Promise<void>): Promise<void> {
  const isFree = await Promise.race([
    unmount().then(
      () => true,
      () => false,
    ),
    delay(UNMOUNT_TIMEOUT_MS, false),
  ]);
  if (isFree || !findMusicfsMount(mountpoint)) process.exit(EXIT.internal);
  detachMount(mountpoint);
  // process.exit would wait for threads that wait for the kernel.
  process.kill(process.pid, "SIGKILL");
}

function detachMount(mountpoint: string): void {
  const attempts = [
    ["umount", "-f", "-l", "--", mountpoint],
    ["fusermount3", "-uz", "--", mountpoint],
  ] as const;
  for (const [program, ...args] of attempts) {
    if (!findMusicfsMount(mountpoint)) return;
    spawnSync(program, args, { cwd: "/", stdio: "ignore", timeout: UNMOUNT_TIMEOUT_MS });
  }
}
