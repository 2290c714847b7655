import type { Plugin, PluginFactory } from "../plugin.js";

/**
 * What the running MusicFS gives to a config. The loader gets it as an argument, since the core imports no
 * plugin; `core/cli/installation.ts` makes it.
 */
export interface Installation {
  /** What `import … from "<specifier>"` gives to a config, wherever on the disk it lies. */
  readonly modules: Readonly<Record<string, object>>;
  /** The plugins that come with MusicFS, by the names that YAML and JSON configs call them by. */
  readonly plugins: ReadonlyMap<string, PluginFactory>;
  /** Fills in what a config must have and lacks: a layout, unless it `hasViews`, and a mount driver. */
  withDefaults(plugins: readonly Plugin[], hasViews: boolean): readonly Plugin[];
}
