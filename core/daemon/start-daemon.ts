import type { Config } from "../config/config.js";
import { checkOverlaps } from "../config/overlaps.js";
import { createLateAnswers } from "../content/late-answers.js";
import { traceAnswers } from "../content/traced-answers.js";
import { openContentParts } from "../content-parts.js";
import { COVERS_NAME } from "../covers/cover-folders.js";
import { MusicfsError, messageOf } from "../errors.js";
import { makeGeneratedFolders } from "../generated/generated-disk.js";
import {
  cataloguePathOf,
  createInstance,
  type Instance,
  mountSourceOf,
  openCatalogueOf,
  openOrigins,
} from "../instance.js";
import { directAccessOf, type LibraryOrigin } from "../library/library-origin.js";
import { takeLock } from "../lock.js";
import type { Logger } from "../logger.js";
import type { Metrics } from "../metrics/metrics.js";
import { answerMetrics } from "../metrics/metrics-file.js";
import type { MountDriver } from "../model/mount-driver.js";
import { prepareMountpoint } from "../mountpoint.js";
import { guardOrigins } from "../origins/guards.js";
import { openQueryRoot } from "../search-folders/open-search-folders.js";
import type { Daemon, MountedParts } from "./daemon.js";
import { Later } from "./later.js";
import type { LaterParts } from "./later-parts.js";
import { UndoStack } from "./undo-stack.js";

/**
 * Mounts the library of a config, and scans it in the background.
 *
 * @param loadConfig reads the config anew, for a reload; absent where nobody can.
 * @returns once the mountpoint answers.
 * @throws MusicfsError; everything that was taken until then is released.
 */
export async function startDaemon(
  config: Config,
  log: Logger,
  loadConfig?: () => Promise<Config>,
): Promise<Daemon> {
  const undo = new UndoStack(log);
  try {
    const later = new Later<LaterParts>();
    const generation = new SharedArrayBuffer(4);
    const parts = await mountLibrary(config, log, undo, later, generation);
    // The mount answers from the catalogue of the last run: what else the daemon does is loaded only now.
    const { runMounted } = await import("./run-mounted.js");
    return await runMounted(parts, later, generation, loadConfig);
  } catch (error) {
    await undo.run();
    throw error;
  }
}

async function mountLibrary(
  config: Config,
  log: Logger,
  undo: UndoStack,
  later: Later<LaterParts>,
  generation: SharedArrayBuffer,
): Promise<MountedParts> {
  checkOverlaps(config, []);
  takeFolders(config, undo);
  const instance = await createInstance(config, log);
  undo.push(() => instance.dispose());
  undo.push(() => instance.abort(new Error("MusicFS stops")));

  const driver = await requireDriver(instance);
  const catalogue = openCatalogueOf(config, log);
  undo.push(() => catalogue.close());
  const origins = guardOrigins(await openOrigins(instance, catalogue), {
    catalogue,
    hooks: instance.hooks,
    log,
    signal: instance.signal,
  });
  undo.push(() => closeOrigins(origins, log));
  checkOverlaps(
    config,
    origins.flatMap(({ origin }) => (origin.local ? [origin.local.root] : [])),
  );

  const source = mountSourceOf(config);
  if (await driver.detachStale(config.mountpoint, source)) {
    log.warn(`detached a dead mount of an earlier run at ${config.mountpoint}`);
  }
  const mountpoint = prepareMountpoint(config.mountpoint);
  undo.push(() => mountpoint.release());

  const queryRootIno = openQueryRoot(catalogue, instance.hooks);
  const folders = makeGeneratedFolders(config.cacheDir, config.stateDir);
  const content = await openContentParts(config, instance, catalogue, origins, log);
  if (content) undo.push(() => content.close());
  const metrics = new Later<Metrics>();
  const mount = await driver.mount({
    mountpoint: config.mountpoint,
    source,
    vfs: {
      cataloguePath: cataloguePathOf(config),
      generation,
      generated: folders,
      ownNodes: true,
      origins: origins.map(({ number, origin }) => {
        const local = directAccessOf(origin);
        return { number, ...(local ? { local } : {}) };
      }),
      ...(content ? { blobs: content.blobs } : {}),
      lateNames: config.covers.sizes.length > 0 ? [COVERS_NAME] : [],
      ...(queryRootIno === undefined ? {} : { lateDirectories: [queryRootIno] }),
    },
    late: answerMetrics(
      traceAnswers(
        createLateAnswers({
          catalogue: catalogue.reader,
          reading: content?.reading,
          originIds: new Map(origins.map(({ number, origin }) => [number, origin.id])),
          refresh: async (ino) => (await later.promise).refresh(ino),
          lookup: async (parentIno, name, signal) => (await later.promise).lookup(parentIno, name, signal),
          log,
        }),
        log,
      ),
      async () => (await metrics.promise).render(),
    ),
    accessed: (access) => void later.promise.then(({ accessed }) => accessed(access)),
    log,
  });
  undo.push(() => mount.unmount(0));
  content?.setMount(mount);
  const store = content && { store: content.operations };
  return {
    config,
    log,
    instance,
    catalogue,
    origins,
    metrics,
    content,
    ...store,
    folders,
    queryRootIno,
    driver,
    mount,
    undo,
  };
}

// One instance a cache and state folder; the locks go with the process, however it ends.
function takeFolders(config: Config, undo: UndoStack): void {
  for (const folder of new Set([config.stateDir, config.cacheDir])) {
    const lock = takeLock(folder, { mountpoint: config.mountpoint, name: config.name });
    undo.push(() => lock.release());
  }
}

async function requireDriver(instance: Instance): Promise<MountDriver> {
  const driver = await instance.hooks.provideMount.call(instance.signal);
  if (driver) return driver;
  throw new MusicfsError("MFS_CONFIG_INVALID", "no plugin of the config can mount", {
    hint: 'Add mountFuse() to "plugins".',
  });
}

async function closeOrigins(origins: readonly LibraryOrigin[], log: Logger): Promise<void> {
  for (const { origin } of origins) {
    await origin
      .close?.()
      .catch((error) => log.warn(`closing origin '${origin.id}' failed: ${messageOf(error)}`));
  }
}
