import { setTimeout as delay } from "node:timers/promises";
import { fetchStatus } from "../control/client.js";
import type { Status } from "../control/status.js";
import { isMusicfsError, MusicfsError } from "../errors.js";
import type { GlobalOptions } from "./context.js";
import { formatDuration } from "./format.js";
import { printJson, printMessage } from "./output.js";
import { findSocket } from "./running.js";

export interface WaitOptions extends GlobalOptions {
  /** Seconds. */
  readonly timeout: number;
  readonly scanned?: boolean;
  readonly json?: boolean;
}

const LOOK_EVERY_MS = 100;

/**
 * `musicfs wait`: resolves when the tree answers, whether MusicFS runs already or is yet to be started.
 *
 * @throws `MFS_NOT_RUNNING` when nobody runs, `MFS_CONTROL_FAILED` when it is not so far, after the timeout.
 */
export async function wait({ timeout, scanned, json, ...flags }: WaitOptions): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const deadlineMs = performance.now() + timeout * 1000;
  for (;;) {
    const isLast = performance.now() >= deadlineMs;
    const status = await statusUnless(socketPath, !isLast);
    if (status && isReady(status, scanned === true)) {
      if (json) printJson(status);
      else printMessage(`MusicFS is mounted at ${status.mountpoint}`);
      return;
    }
    if (isLast) throw tooLate(status, timeout);
    await delay(LOOK_EVERY_MS);
  }
}

function isReady({ state, scan }: Status, scanned: boolean): boolean {
  return state === "mounted" && (!scanned || scan.state === "idle");
}

async function statusUnless(socketPath: string, mayBeAbsent: boolean): Promise<Status | undefined> {
  try {
    return await fetchStatus(socketPath);
  } catch (error) {
    if (mayBeAbsent && isMusicfsError(error) && error.code === "MFS_NOT_RUNNING") return undefined;
    throw error;
  }
}

function tooLate(status: Status | undefined, seconds: number): MusicfsError {
  const what = status?.state === "mounted" ? "the scan still runs" : `MusicFS is ${status?.state ?? "away"}`;
  return new MusicfsError("MFS_CONTROL_FAILED", `${what} after ${formatDuration(seconds * 1000)}`);
}
