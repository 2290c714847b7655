import { setTimeout as delay } from "node:timers/promises";
import { callControl } from "../control/client.js";
import { isMusicfsError, MusicfsError } from "../errors.js";
import type { GlobalOptions } from "./context.js";
import { formatDuration } from "./format.js";
import { printJson, printMessage } from "./output.js";
import { findMusicfsMount, isProcessAlive } from "./process-state.js";
import { findSocket, getStatus } from "./running.js";

const LOOK_EVERY_MS = 25;
/** How long all else of a stop may take, in milliseconds: plugins that take note, the catalogue, the process. */
const REST_MS = 25_000;

export interface StopOptions extends GlobalOptions {
  /** Seconds that readers may take to finish. */
  readonly timeout: number;
  readonly json?: boolean;
}

/**
 * `musicfs stop`: resolves when the process and the mount are gone.
 *
 * @throws `MFS_NOT_RUNNING`, or `MFS_CONTROL_FAILED` when they are still there long after the timeout.
 */
export async function stop({ timeout, json, ...flags }: StopOptions): Promise<void> {
  const socket = await findSocket(flags);
  const { pid, mountpoint } = await getStatus(socket);
  const timeoutMs = Math.round(timeout * 1000);
  await askToStop(socket.socketPath, timeoutMs);
  const deadlineMs = performance.now() + timeoutMs + REST_MS;
  while (isProcessAlive(pid) || findMusicfsMount(mountpoint)) {
    if (performance.now() > deadlineMs) throw stillThere(pid, mountpoint, timeoutMs + REST_MS);
    await delay(LOOK_EVERY_MS);
  }
  if (json) printJson({ mountpoint, pid });
  else printMessage(`stopped; ${mountpoint} is free`);
}

// It may have been about to end by itself.
async function askToStop(socketPath: string, timeoutMs: number): Promise<void> {
  try {
    await callControl(socketPath, (client, options) => client.shutdown({ timeoutMs }, options));
  } catch (error) {
    if (!isMusicfsError(error) || error.code !== "MFS_NOT_RUNNING") throw error;
  }
}

function stillThere(pid: number, mountpoint: string, waitedMs: number): MusicfsError {
  const what = isProcessAlive(pid) ? `process ${pid} is still there` : `${mountpoint} is still mounted`;
  return new MusicfsError("MFS_CONTROL_FAILED", `${what} after ${formatDuration(waitedMs)}`, {
    hint: isProcessAlive(pid)
      ? `See its log, or end it: kill -9 ${pid}; fusermount3 -uz ${mountpoint}`
      : `Unmount it: fusermount3 -uz ${mountpoint}`,
  });
}
