import type { Config } from "../config/config.js";
import type { Status } from "../control/status.js";
import type { Instance } from "../instance.js";
import type { LibraryParts } from "../library-parts.js";
import type { Logger } from "../logger.js";
import type { OriginSettings } from "../model/origin.js";
import type { GuardedOrigin } from "../origins/guards.js";
import type { ReloadableOptions } from "../plugin.js";
import { type Applier, Reloader } from "../reload/reloader.js";
import { findServiceManager, type SendDatagram } from "../service/service-manager.js";
import { supervise } from "../service/supervise.js";
import type { Daemon } from "./daemon.js";

/** What whoever operates an instance works with. */
export interface Operation {
  readonly reloader: Reloader;
  /** Tells the service manager how the instance is; what it returns ends that. */
  supervise(daemon: Daemon): () => void;
}

/**
 * Prepares what systemd and a reload of the config need.
 *
 * @param loadConfig reads the config anew; absent where nobody can.
 */
export async function prepareOperation(
  config: Config,
  instance: Instance,
  library: LibraryParts,
  origins: readonly GuardedOrigin[],
  log: Logger,
  loadConfig: (() => Promise<Config>) | undefined,
): Promise<Operation> {
  const manager = await findServiceManager(process.env, log, loadDatagram);
  let describe = (): string => "starting";
  const reloader = new Reloader({
    config,
    load: loadConfig,
    appliers: [
      ...appliersOf(library, log),
      originApplier(library, origins, instance.signal),
      ...instance.reloadable.map(pluginApplier),
    ],
    hooks: instance.hooks,
    log,
    begins: () => manager.reloading(),
    ends: () => manager.ready(describe()),
  });
  return {
    reloader,
    supervise(daemon) {
      describe = () => describeStatus(daemon.status());
      const { mountpoint } = daemon;
      const isScanning = (): boolean => library.library.scanStatus().state === "running";
      return supervise(manager, { mountpoint, hooks: instance.hooks, log, describe, isScanning });
    },
  };
}

async function loadDatagram(): Promise<SendDatagram> {
  return (await import("../service/datagram.js")).sendDatagram;
}

function appliersOf(library: LibraryParts, { control }: Logger): Applier[] {
  return [
    {
      takes: (key) => key === "log.level" && control !== undefined,
      apply: ({ logLevel }) => {
        if (control) control.level = logLevel;
      },
    },
    {
      takes: (key) => key === "scan.workers" || key === "scan.timeout",
      apply: ({ scan }) => library.configureScan(scan),
    },
  ];
}

/** Options of origins that hold from the next request on. */
const ORIGIN_KEYS = ["priority", "concurrency", "timeout", "bandwidth", "hedge", "pollInterval"] as const;

// What tells two origins of one plugin apart is their id.
function originApplier(
  { library }: LibraryParts,
  origins: readonly GuardedOrigin[],
  signal: AbortSignal,
): Applier {
  const sourceOf = (identity: string) =>
    origins.find(({ origin }) => identity.slice(identity.indexOf(":") + 1) === origin.id);
  return {
    takes(key) {
      const [, identity = "", name] = /^plugins \((.+)\)\.(\w+)$/u.exec(key) ?? [];
      return ORIGIN_KEYS.some((known) => known === name) && sourceOf(identity)?.origin.settings !== undefined;
    },
    apply({ plugins }) {
      for (const { identity, options } of plugins) {
        const source = sourceOf(identity);
        if (!source?.origin.settings) continue;
        const given = options as Partial<OriginSettings>;
        source.guard.configure(Object.fromEntries(ORIGIN_KEYS.map((key) => [key, given[key]])));
      }
      void library.rankOrigins(signal).catch(() => undefined);
    },
  };
}

function pluginApplier({ identity, keys, apply }: ReloadableOptions): Applier {
  return {
    takes: (key) => keys.some((name) => key === `plugins (${identity}).${name}`),
    apply({ plugins }) {
      const plugin = plugins.find((candidate) => candidate.identity === identity);
      if (plugin) apply(plugin.options);
    },
  };
}

function describeStatus({ tracks, mountpoint, scan }: Status): string {
  const library = `${tracks} tracks at ${mountpoint}`;
  return scan.state === "idle" ? library : `${library}, scanning: ${scan.done} of ${scan.total} files`;
}
