import { tmpdir } from "node:os";
import type { Config } from "../config/config.js";
import { checkOverlaps } from "../config/overlaps.js";
import { MusicfsError, messageOf } from "../errors.js";
import { createHooks, type Hooks } from "../hooks.js";
import type { Logger } from "../logger.js";
import type { Finding } from "../model/mount-driver.js";
import type { Origin } from "../model/origin.js";
import { type Plugin, setupPlugins } from "../plugin.js";

/** How long an origin may take to show its first files, in milliseconds. */
const ORIGIN_TIMEOUT_MS = 10_000;

/** What the mount driver of a config says of this machine. */
export async function checkDriver(plugins: readonly Plugin[], log: Logger): Promise<Finding[]> {
  const drivers = plugins.filter(({ provides }) => provides.length === 0 || provides.includes("mount"));
  return withHooks(drivers, tmpdir(), log, async (hooks, signal) => {
    const driver = await hooks.provideMount.call(signal);
    if (driver) return [...(await driver.diagnose())];
    return [
      { ok: false, subject: "mount driver", finding: "the config has none", remedy: "add mountFuse()" },
    ];
  });
}

/** Whether each origin shows files, and none of them is in the way of the mount. */
export async function checkOrigins(config: Config, log: Logger): Promise<Finding[]> {
  const sources = config.plugins.filter(({ provides }) => !provides.includes("mount"));
  return withHooks(sources, config.configDir, log, async (hooks, signal) => {
    const origins = await hooks.openOrigin.call(signal);
    const findings: Finding[] = [];
    for (const origin of origins) {
      findings.push(await checkOrigin(origin));
      await origin.close?.();
    }
    const roots = origins.flatMap(({ local }) => (local ? [local.root] : []));
    return [...findings, ...overlapFindings(config, roots)];
  });
}

async function checkOrigin(origin: Origin): Promise<Finding> {
  const subject = `origin ${origin.id}`;
  try {
    for await (const { unreadable } of origin.list(AbortSignal.timeout(ORIGIN_TIMEOUT_MS))) {
      const [folder] = unreadable;
      if (folder) {
        return { ok: false, subject, finding: `'${folder.path}' is unreadable: ${folder.reason}` };
      }
      break;
    }
    return { ok: true, subject, finding: "readable" };
  } catch (error) {
    return {
      ok: false,
      subject,
      finding: messageOf(error),
      remedy: "check that the folder exists and that this user may read it, or that the server is up",
    };
  }
}

function overlapFindings(config: Config, roots: readonly string[]): Finding[] {
  try {
    checkOverlaps(config, roots);
    return [];
  } catch (error) {
    if (!(error instanceof MusicfsError)) throw error;
    return [{ ok: false, subject: "mountpoint", finding: error.message, remedy: error.hint }];
  }
}

// Plugins are asked without the rest of the daemon; a failure is a finding like any other.
async function withHooks(
  plugins: readonly Plugin[],
  configDir: string,
  log: Logger,
  ask: (hooks: Hooks, signal: AbortSignal) => Promise<Finding[]>,
): Promise<Finding[]> {
  const controller = new AbortController();
  const disposers: (() => void | Promise<void>)[] = [];
  const hooks = createHooks((error) => log.error(error.message));
  try {
    await setupPlugins(
      plugins.map((plugin) => ({ ...plugin, requires: [] })),
      {
        hooks,
        log,
        signal: controller.signal,
        configDir,
        stateDirOf: () => tmpdir(),
        originIds: () => [],
        onDispose: (dispose) => disposers.push(dispose),
      },
    );
    return await ask(hooks, controller.signal);
  } catch (error) {
    return [
      { ok: false, subject: "plugins", finding: messageOf(error), remedy: "check the plugin's options" },
    ];
  } finally {
    controller.abort(new Error("the doctor has finished"));
    for (const dispose of disposers.reverse()) await dispose();
  }
}
