import type { UserConfig } from "./config.js";
import type { Environment } from "./paths.js";

/** What a config that is a function is given. */
export interface ConfigContext {
  /** The environment of the process that loads the config. */
  readonly env: Environment;
}

/** A config, or what makes one. */
export type ConfigInput =
  | UserConfig
  | Promise<UserConfig>
  | ((context: ConfigContext) => UserConfig | Promise<UserConfig>);

/**
 * Gives a config its type; the default export of a `musicfs.config.ts`. Returns what it is given: the config
 * is checked when it is loaded, all at once.
 */
export function defineConfig(config: ConfigInput): ConfigInput {
  return config;
}
