import type { Config } from "../config/config.js";
import type { Daemon } from "../daemon/daemon.js";
import { startDaemon } from "../daemon/start-daemon.js";
import { EXIT, MusicfsError, messageOf } from "../errors.js";
import type { Logger } from "../logger.js";
import { createCommandLog, createFileLog } from "./command-log.js";
import { loadCommandConfig } from "./context.js";
import { guardProcess } from "./crash-guard.js";
import { report } from "./detached-report.js";
import { openLogFile } from "./log-file.js";
import { surviveClosedOutput } from "./output.js";
import { reportError } from "./report-error.js";
import { createScreen } from "./screen.js";
import type { StartOptions } from "./start.js";

/**
 * Runs the daemon in this process until it is stopped or unmounted, and ends the process.
 *
 * @throws what the start threw.
 */
export async function runDaemon(config: Config, options: StartOptions): Promise<void> {
  const screen = createScreen(process.stderr);
  const logFile = options.detached ? openLogFile(config) : undefined;
  const log = logFile ? createFileLog(config.logLevel, logFile) : createCommandLog(config.logLevel, screen);
  surviveClosedOutput(() => undefined);
  const folder = process.cwd();
  process.on("exit", () => log.flush());
  // A daemon whose folder is in the mount, or on a disk that somebody wants to unmount, is in the way.
  process.chdir("/");
  let mounted: Daemon | undefined;
  guardProcess(log, config.mountpoint, async () => {
    void mounted?.stop("a fault of its own");
    await mounted?.stop("a fault of its own");
  });
  const signals = watchSignals(log);
  const daemon = await startDaemon(config, log, () =>
    loadCommandConfig({ ...options, config: config.configFile }, folder),
  );
  mounted = daemon;
  signals.connect(daemon);
  if (logFile) report({ mounted: daemon.mountpoint, pid: process.pid, logFile: logFile.path });
  if (!screen.isTerminal) log.info(`mounted at ${daemon.mountpoint}`, { pid: process.pid });
  const { announce } = await import("./announce.js");
  const announced = logFile ? undefined : announce(daemon, config, options, screen, log);
  signals.connect(daemon);
  const { exitCode, reason } = await daemon.ended;
  announced?.stop();
  if (exitCode !== EXIT.ok) process.exit(reportLoss(reason, log, logFile !== undefined));
  log.info(`stopped: ${reason}`);
  process.exit(EXIT.ok);
}

function reportLoss(reason: string, log: Logger, isDetached: boolean): number {
  if (isDetached) log.error(`MFS_MOUNT_LOST: ${reason}`);
  return reportError(new MusicfsError("MFS_MOUNT_LOST", reason));
}

interface Signals {
  connect(daemon: Daemon): void;
}

// The first signal lets running reads finish, a second one does not. One that comes before the mount is
// there stops the daemon as soon as it is.
function watchSignals(log: Logger): Signals {
  let daemon: Daemon | undefined;
  let pending: NodeJS.Signals | undefined;
  const handle = (signal: NodeJS.Signals): void => {
    pending = signal;
    void daemon?.stop(signal);
  };
  process.on("SIGINT", handle).on("SIGTERM", handle);
  // The terminal may go; the mount stays.
  process.on("SIGHUP", () => {
    daemon?.reload().catch((error) => log.error(`the config stays as it was: ${messageOf(error)}`));
    daemon?.rescan();
  });
  return {
    connect(started) {
      daemon = started;
      if (pending) void started.stop(pending);
    },
  };
}
