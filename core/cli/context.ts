import type { Config } from "../config/config.js";
import type { LoadConfigOptions } from "../config/load.js";
import type { ConfigFlags } from "../config/overrides.js";

/** Options that every command takes. */
export interface GlobalOptions extends ConfigFlags {}

/**
 * Loads the config for a command.
 *
 * @param cwd what paths of flags and variables are relative to.
 * @throws as `loadConfig` does.
 */
export async function loadCommandConfig(flags: GlobalOptions, cwd: string = process.cwd()): Promise<Config> {
  const { loadConfig } = await import("../config/load.js");
  return loadConfig(await configOptions(flags, cwd));
}

export async function configOptions(
  flags: GlobalOptions,
  cwd: string = process.cwd(),
): Promise<LoadConfigOptions> {
  const { loadInstallation } = await import("./installation.js");
  return { flags, env: process.env, cwd, installation: await loadInstallation() };
}
