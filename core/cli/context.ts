import type { Config } from "../config/config.js";
import type { LoadConfigOptions } from "../config/load.js";
import type { ConfigFlags } from "../config/overrides.js";

/** Options that every command takes. */
export interface GlobalOptions extends ConfigFlags {}

/** Loads the config for a command. @throws as `loadConfig` does. */
export async function loadCommandConfig(flags: GlobalOptions): Promise<Config> {
  const { loadConfig } = await import("../config/load.js");
  return loadConfig(await configOptions(flags));
}

export async function configOptions(flags: GlobalOptions): Promise<LoadConfigOptions> {
  const { loadInstallation } = await import("./installation.js");
  return { flags, env: process.env, cwd: process.cwd(), installation: await loadInstallation() };
}
