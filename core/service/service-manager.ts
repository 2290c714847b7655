import type { Environment } from "../config/paths.js";
import { messageOf } from "../errors.js";
import type { Logger } from "../logger.js";

/** Whoever started this process and wants to know how it is: systemd (sd_notify(3)), or nobody. */
export interface ServiceManager {
  /** The work can begin. */
  ready(status: string): void;
  /** One line for a person, shown by `systemctl status`. */
  status(text: string): void;
  /** The config is being read; {@link ready} follows. */
  reloading(): void;
  stopping(): void;
  /** All is well; to be said at least every {@link watchdogMs}. */
  alive(): void;
  /** How long it may be silent before it is ended, in milliseconds; `undefined`: for ever. */
  readonly watchdogMs: number | undefined;
}

/** Sends one datagram. @throws when it cannot be sent. */
export type SendDatagram = (path: string, text: string) => void;

/**
 * The service manager that the environment names; one that does nothing where it names none. What cannot be
 * sent is logged once, and disturbs nobody.
 *
 * @param load gives what sends; called only where there is somebody to send to.
 */
export async function findServiceManager(
  env: Environment,
  log: Logger,
  load: () => Promise<SendDatagram>,
): Promise<ServiceManager> {
  const path = env.NOTIFY_SOCKET;
  if (!path || !/^[/@]./u.test(path)) return NOBODY;
  try {
    return speakTo(path, env, log, await load());
  } catch (error) {
    log.warn(`cannot speak to the service manager: ${messageOf(error)}`);
    return NOBODY;
  }
}

const nothing = (): void => undefined;
const NOBODY: ServiceManager = {
  ready: nothing,
  status: nothing,
  reloading: nothing,
  stopping: nothing,
  alive: nothing,
  watchdogMs: undefined,
};

function speakTo(path: string, env: Environment, log: Logger, send: SendDatagram): ServiceManager {
  let hasFailed = false;
  const tell = (...lines: readonly string[]): void => {
    try {
      send(path, `${lines.join("\n")}\n`);
      hasFailed = false;
    } catch (error) {
      if (!hasFailed) log.warn(`cannot speak to the service manager: ${messageOf(error)}`);
      hasFailed = true;
    }
  };
  return {
    ready: (status) => tell("READY=1", statusLine(status)),
    status: (text) => tell(statusLine(text)),
    reloading: () => tell("RELOADING=1", `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`),
    stopping: () => tell("STOPPING=1", "STATUS=stopping"),
    alive: () => tell("WATCHDOG=1"),
    watchdogMs: watchdogOf(env),
  };
}

function statusLine(text: string): string {
  return `STATUS=${text.replace(/[\r\n]+/gu, " ")}`;
}

// sd_watchdog_enabled(3). The variables are inherited by children, whom they don't concern.
function watchdogOf({ WATCHDOG_USEC: microseconds, WATCHDOG_PID: pid }: Environment): number | undefined {
  if (pid && pid !== String(process.pid)) return undefined;
  const milliseconds = Number(microseconds) / 1000;
  return milliseconds >= 1 ? milliseconds : undefined;
}
