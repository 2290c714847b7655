import type { Hooks } from "../hooks.js";
import type { Logger } from "../logger.js";
import { checkMount } from "./self-check.js";
import type { ServiceManager } from "./service-manager.js";

/** What the service manager is told about. */
export interface Supervised {
  readonly mountpoint: string;
  readonly hooks: Hooks;
  readonly log: Logger;
  /** How the instance is, in one line. */
  describe(): string;
  /** Whether a scan runs. */
  isScanning(): boolean;
}

/** How often a running scan is described anew, in milliseconds. */
const DESCRIBE_EVERY_MS = 2_000;

/**
 * Tells the service manager how a mounted instance is, from now to its end.
 *
 * @returns ends that.
 */
export function supervise(manager: ServiceManager, instance: Supervised): () => void {
  const { hooks, describe, isScanning } = instance;
  let scanning: NodeJS.Timeout | undefined;
  const stopDescribing = (): void => {
    clearInterval(scanning);
    scanning = undefined;
  };
  const describeAgain = (): void => {
    if (!isScanning()) stopDescribing();
    manager.status(describe());
  };
  const unfollow = [
    hooks.scanStarted.follow(() => {
      scanning ??= setInterval(describeAgain, DESCRIBE_EVERY_MS).unref();
    }),
    hooks.stopping.follow(() => {
      stopDescribing();
      manager.stopping();
    }),
  ];
  const stopWatching = watch(manager, instance);
  manager.ready(describe());
  return () => {
    for (const end of [...unfollow, stopDescribing, stopWatching]) end();
  };
}

// Twice in the time that the manager gives, as sd_watchdog_enabled(3) advises. The timer itself shows that
// the event loop turns.
function watch(manager: ServiceManager, { mountpoint, log }: Supervised): () => void {
  const { watchdogMs } = manager;
  if (watchdogMs === undefined) return () => undefined;
  const everyMs = watchdogMs / 2;
  let isAsking = false;
  const timer = setInterval(async () => {
    if (isAsking) return;
    isAsking = true;
    const problem = await checkMount(mountpoint, everyMs);
    isAsking = false;
    if (problem === undefined) manager.alive();
    else log.error(`the watchdog is not told that all is well: ${problem}`);
  }, everyMs).unref();
  return () => clearInterval(timer);
}
