import type { Config } from "../config/config.js";
import { type Daemon, startDaemon } from "../daemon.js";
import { EXIT, MusicfsError } from "../errors.js";
import type { Logger } from "../logger.js";
import { announce } from "./announce.js";
import { createCommandLog } from "./command-log.js";
import { guardProcess } from "./crash-guard.js";
import type { DetachedReport } from "./detach.js";
import { surviveClosedOutput } from "./output.js";
import { asMusicfsError, reportError } from "./report-error.js";
import { createScreen } from "./screen.js";
import type { StartOptions } from "./start.js";

/** Runs the daemon in this process until it is stopped or unmounted, and ends the process. */
export async function runDaemon(config: Config, options: StartOptions): Promise<void> {
  const screen = createScreen(process.stderr);
  const log = createCommandLog(config.logLevel, screen);
  surviveClosedOutput(() => undefined);
  // A daemon whose folder is in the mount, or on a disk that somebody wants to unmount, is in the way.
  process.chdir("/");
  guardProcess(log, config.mountpoint);
  const signals = watchSignals();
  const daemon = await startAndReport(config, log, options);
  signals.connect(daemon);
  if (!screen.isTerminal) log.info(`mounted at ${daemon.mountpoint}`, { pid: process.pid });
  const announced = options.detached ? undefined : announce(daemon, config, options, screen, log);
  const { exitCode, reason } = await daemon.ended;
  announced?.stop();
  if (exitCode !== EXIT.ok) process.exit(reportError(new MusicfsError("MFS_MOUNT_LOST", reason)));
  log.info(`stopped: ${reason}`);
  process.exit(EXIT.ok);
}

async function startAndReport(config: Config, log: Logger, { detached }: StartOptions): Promise<Daemon> {
  try {
    const daemon = await startDaemon(config, log);
    if (detached) report({ mounted: daemon.mountpoint, pid: process.pid });
    return daemon;
  } catch (error) {
    const { code, message, hint } = asMusicfsError(error);
    if (detached) report({ code, message, hint });
    throw error;
  }
}

function report(message: DetachedReport): void {
  process.send?.(message, () => process.connected && process.disconnect());
}

interface Signals {
  connect(daemon: Daemon): void;
}

// The first signal lets running reads finish, a second one does not. One that comes before the mount is
// there stops the daemon as soon as it is.
function watchSignals(): Signals {
  let daemon: Daemon | undefined;
  let pending: NodeJS.Signals | undefined;
  const handle = (signal: NodeJS.Signals): void => {
    pending = signal;
    void daemon?.stop(signal);
  };
  process.on("SIGINT", handle).on("SIGTERM", handle);
  // The terminal may go; the mount stays.
  process.on("SIGHUP", () => undefined);
  return {
    connect(started) {
      daemon = started;
      if (pending) void started.stop(pending);
    },
  };
}
