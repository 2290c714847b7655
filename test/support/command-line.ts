import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { type Ran, run } from "./process.js";
import { temporaryFolder } from "./temporary-folder.js";
import { EXAMPLE_LIBRARY } from "./tree-files.js";

export const BIN: string = fileURLToPath(new URL("../../core/cli/bin.js", import.meta.url));

/** The command line as a user of an account of its own has it, with a config over the example library. */
export interface Account {
  readonly folder: string;
  readonly mountpoint: string;
  readonly env: NodeJS.ProcessEnv;
  musicfs(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ran>;
  write(path: string, text: string): string;
}

/** Stops what the test has left running when it ends. */
export function openAccount(t: TestContext): Account {
  // Runs before the folder is removed.
  t.after(() => (existsSync(home("run/musicfs/default.sock")) ? musicfs(["stop"]) : undefined));
  const folder = temporaryFolder(t);
  const home = (name: string): string => join(folder, name);
  const env: NodeJS.ProcessEnv = {
    PATH: process.env.PATH,
    HOME: home("home"),
    XDG_RUNTIME_DIR: home("run"),
    XDG_CONFIG_HOME: home("config"),
    XDG_CACHE_HOME: home("cache"),
    XDG_STATE_HOME: home("state"),
    TMPDIR: home("tmp"),
  };
  const write = (path: string, text: string): string => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    return file;
  };
  const musicfs: Account["musicfs"] = (args, more = {}) =>
    run([process.execPath, BIN, ...args], { cwd: folder, env: { ...env, ...more } });
  mkdirSync(home("tmp"));
  write(
    "musicfs.config.yaml",
    `mountpoint: mnt\nplugins:\n  - origin-local: { path: ${JSON.stringify(EXAMPLE_LIBRARY)} }\n`,
  );
  return { folder, mountpoint: home("mnt"), env, musicfs, write };
}
