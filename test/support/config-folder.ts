import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { loadInstallation } from "../../core/cli/installation.js";
import type { Config } from "../../core/config/config.js";
import { loadConfig } from "../../core/config/load.js";
import type { ConfigFlags } from "../../core/config/overrides.js";
import { isMusicfsError } from "../../core/errors.js";
import { temporaryFolder } from "./temporary-folder.js";

/** A folder to load configs from, with a home of its own, so that the machine's own configs play no part. */
export interface ConfigFolder {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  write(path: string, text: string): string;
  load(options?: LoadOptions): Promise<Config>;
  /** The lines of the error that loading throws; fails when it does not throw one of ours. */
  problems(options?: LoadOptions): Promise<{ code: string; lines: string[] }>;
}

export interface LoadOptions {
  readonly flags?: ConfigFlags;
  readonly env?: Readonly<Record<string, string>>;
  /** Below the folder. */
  readonly cwd?: string;
}

export function configFolder(t: { after(fn: () => void): void }): ConfigFolder {
  const folder = temporaryFolder(t);
  const env = {
    HOME: join(folder, "home"),
    XDG_RUNTIME_DIR: join(folder, "run"),
    XDG_CONFIG_HOME: join(folder, "config"),
    XDG_CACHE_HOME: join(folder, "cache"),
    XDG_STATE_HOME: join(folder, "state"),
  };
  const load = async ({ flags = {}, env: more = {}, cwd = "" }: LoadOptions = {}): Promise<Config> =>
    loadConfig({
      flags,
      env: { ...env, ...more },
      cwd: join(folder, cwd),
      installation: await loadInstallation(),
    });
  return {
    folder,
    env,
    write(path, text) {
      const file = join(folder, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    },
    load,
    async problems(options) {
      try {
        await load(options);
      } catch (error) {
        if (!isMusicfsError(error)) throw error;
        return { code: error.code, lines: error.message.split("\n").map((line) => line.trim()) };
      }
      throw new Error("the config was loaded");
    },
  };
}
