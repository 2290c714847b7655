import { createRequire } from "node:module";
import { isTantivyInstalled } from "../../plugins/search-tantivy/binding.js";
import type { Installation } from "../config/installation.js";
import { isPluginFactory, type Plugin, type PluginFactory, type PluginKind } from "../plugin.js";

const require = createRequire(import.meta.url);

/** Plugins for what a config lacks, by name. */
const DEFAULTS: readonly (readonly [PluginKind, string])[] = [
  ["layout", "layout-artist-album"],
  ["chunker", "chunker-fastcdc"],
  ["cache-policy", "cache-lru"],
  ["mount", process.platform === "linux" ? "mount-fuse" : "mount-fuse-native"],
  ["search", isTantivyInstalled() ? "search-tantivy" : "search-sqlite"],
];

/**
 * The running installation: the only place that knows both the core and the plugins that come with it.
 * What few configs import is loaded only then.
 */
export async function loadInstallation(): Promise<Installation> {
  const [core, builtins] = await Promise.all([import("musicfs"), import("musicfs/plugins")]);
  const factories = Object.values(builtins as Record<string, unknown>).filter(isPluginFactory);
  const plugins = new Map(factories.map((factory) => [factory.pluginName, factory]));
  return {
    modules: {
      musicfs: core,
      "musicfs/plugins": builtins,
      get "musicfs/vfs"() {
        return require("musicfs/vfs");
      },
      get "musicfs/search"() {
        return require("musicfs/search");
      },
      get "musicfs/http"() {
        return require("musicfs/http");
      },
      get "musicfs/testing"() {
        return require("musicfs/testing");
      },
    },
    plugins,
    withDefaults: (given, hasViews) => [...given, ...missingKinds(given, hasViews, plugins)],
  };
}

function missingKinds(
  given: readonly Plugin[],
  hasViews: boolean,
  plugins: ReadonlyMap<string, PluginFactory>,
): Plugin[] {
  const kinds = new Set(given.flatMap(({ provides }) => provides));
  if (hasViews) kinds.add("layout");
  const names = new Set(given.map(({ name }) => name));
  return DEFAULTS.flatMap(([kind, name]) => {
    const factory = plugins.get(name);
    return factory && !kinds.has(kind) && !names.has(name) ? [factory.from({}, undefined)] : [];
  });
}
