import { createHash } from "node:crypto";
import { setMaxListeners } from "node:events";
import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { type Catalogue, openCatalogue } from "./catalogue/catalogue.js";
import type { Config } from "./config/config.js";
import { isMusicfsError, MusicfsError } from "./errors.js";
import { createHooks, type Hooks, withOwnLayout } from "./hooks.js";
import type { LibraryOrigin } from "./library/library-origin.js";
import type { View } from "./library/views.js";
import type { Logger } from "./logger.js";
import {
  type Plugin,
  type ReloadableOptions,
  type SetupEnvironment,
  setupPlugin,
  setupPlugins,
} from "./plugin.js";

/** What a config comes to: its plugins set up, its origins open. */
export interface Instance {
  readonly hooks: Hooks;
  /** What lays out each view, by its root. */
  readonly layouts: ReadonlyMap<string, Layout>;
  /** Ids of the origins, once they are open. */
  originIds: readonly string[];
  /** Options of plugins that a reload can change. */
  readonly reloadable: readonly ReloadableOptions[];
  readonly signal: AbortSignal;
  /** Aborts {@link signal}. */
  abort(reason: unknown): void;
  /** Releases what the plugins registered, the last first. Failures are logged. */
  dispose(): Promise<void>;
}

/** The hook that places the tracks of a view, and the plugins that may have tapped it. */
interface Layout {
  readonly placeTrack: Hooks["placeTrack"];
  readonly plugins: readonly Plugin[];
}

/**
 * Sets up the plugins of a config.
 *
 * @throws what {@link setupPlugins} does; what had been set up until then is released.
 */
export async function createInstance(config: Config, log: Logger): Promise<Instance> {
  const hooks = createHooks((error) => log.error(error.message));
  const controller = new AbortController();
  // All that runs at once listens to it.
  setMaxListeners(0, controller.signal);
  const disposers: (() => void | Promise<void>)[] = [];
  const dispose = async (): Promise<void> => {
    for (const release of disposers.splice(0).reverse()) {
      try {
        await release();
      } catch (error) {
        log.error(`releasing a plugin failed: ${error}`);
      }
    }
  };
  const layouts = new Map<string, Layout>();
  const reloadable: ReloadableOptions[] = [];
  const instance: Instance = {
    hooks,
    layouts,
    originIds: [],
    reloadable,
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    dispose,
  };
  const environment: SetupEnvironment = {
    hooks,
    log,
    signal: controller.signal,
    configDir: config.configDir,
    stateDirOf: (name) => madeFolder(join(config.stateDir, "plugins", name)),
    originIds: () => instance.originIds,
    onReload: (options) => reloadable.push(options),
    onDispose: (release) => disposers.push(release),
  };
  try {
    await setupPlugins(config.plugins, environment);
    for (const [root, layout] of await setupViews(config, environment)) layouts.set(root, layout);
  } catch (error) {
    await dispose();
    throw error;
  }
  return instance;
}

// The layout of the root may be among the plugins, or be given as that of a view; every other view has its own.
async function setupViews(
  { plugins, views }: Config,
  environment: SetupEnvironment,
): Promise<(readonly [string, Layout])[]> {
  const layouts: (readonly [string, Layout])[] = [];
  for (const { root, layout } of views) {
    const hooks = root === "/" ? environment.hooks : withOwnLayout(environment.hooks);
    await setupPlugin(layout, { ...environment, hooks });
    if (root !== "/") layouts.push([root, { placeTrack: hooks.placeTrack, plugins: [layout] }]);
  }
  const { placeTrack } = environment.hooks;
  const ofRoot = [...plugins, ...views.filter(({ root }) => root === "/").map(({ layout }) => layout)];
  return placeTrack.plugins.length > 0 ? [["/", { placeTrack, plugins: ofRoot }], ...layouts] : layouts;
}

/**
 * Opens the configured origins and numbers them as the catalogue does.
 *
 * @throws `MFS_PLUGIN_CLASH` for two with one id, `MFS_CONFIG_INVALID` for none.
 */
export async function openOrigins(instance: Instance, catalogue: Catalogue): Promise<LibraryOrigin[]> {
  const origins = await instance.hooks.openOrigin.call(instance.signal);
  if (origins.length === 0) {
    throw new MusicfsError("MFS_CONFIG_INVALID", "no plugin of the config gives an origin", {
      hint: 'Add one to "plugins", such as originLocal({ path: "~/Music" }).',
    });
  }
  const ids = origins.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new MusicfsError("MFS_PLUGIN_CLASH", `two origins have the id '${twice}'`);
  instance.originIds = ids;
  return origins.map((origin) => ({ origin, number: catalogue.originNumber(origin.id), error: undefined }));
}

/** Opens the catalogue of a config; one that is damaged is moved aside, since the library can be scanned anew. */
export function openCatalogueOf(config: Config, log: Logger): Catalogue {
  const path = cataloguePathOf(config);
  try {
    return openCatalogue(path);
  } catch (error) {
    if (!isMusicfsError(error) || error.code !== "MFS_CATALOGUE_DAMAGED") throw error;
    const aside = `${path}.damaged-${new Date().toISOString().replaceAll(":", "")}`;
    for (const suffix of ["", "-wal", "-shm"]) moveIfThere(path + suffix, aside + suffix);
    log.warn(`${error.message}; moved to ${aside}, and the library is scanned anew`);
    return openCatalogue(path);
  }
}

export function cataloguePathOf(config: Config): string {
  return join(config.stateDir, "catalogue.sqlite");
}

/** The views, each with its layout named by its options, so that a change of either is noticed. */
export function viewsOf({ layouts, originIds }: Instance): View[] {
  return Array.from(layouts, ([root, { placeTrack, plugins }]) => {
    const asked = plugins.filter(({ identity }) => placeTrack.plugins.includes(identity));
    const named = asked.map(({ identity, options }) => [identity, options]);
    return { root, placeTrack, fingerprint: JSON.stringify([named, originIds]) };
  });
}

/** What the mount table shows as the device of this instance's mount; tells it from every other one's. */
export function mountSourceOf(config: Config): string {
  return `musicfs:${createHash("sha256").update(config.stateDir).digest("hex").slice(0, 16)}`;
}

function madeFolder(path: string): string {
  mkdirSync(path, { recursive: true, mode: 0o700 });
  return path;
}

function moveIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
