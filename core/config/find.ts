import { type Stats, statSync } from "node:fs";
import { dirname } from "node:path";
import type { Loader, Options, PublicExplorer } from "cosmiconfig";
import { MusicfsError, messageOf } from "../errors.js";
import { configHome, type Environment, resolvePath } from "./paths.js";
import type { ScriptLoader } from "./script.js";

/** A config file with what it gives, before any checking. */
export interface FoundConfig {
  readonly file: string;
  readonly content: unknown;
}

export interface FindOptions {
  /** A file named by a flag or the environment; nothing else is looked at then. */
  readonly file?: string | undefined;
  readonly cwd: string;
  readonly env: Environment;
  readonly scripts: ScriptLoader;
}

const SCRIPT_EXTENSIONS = ["ts", "mts", "cts", "js", "mjs", "cjs"];
const EXTENSIONS = [...SCRIPT_EXTENSIONS, "json", "yaml", "yml"];
const PLACES = [...EXTENSIONS.map((extension) => `musicfs.config.${extension}`), "package.json"];
const PLACES_OF_HOME = [...PLACES.slice(0, -1), ...EXTENSIONS.map((extension) => `config.${extension}`)];
const SYSTEM_FOLDER = "/etc/musicfs";
const MAX_BYTES = 1024 * 1024;

/**
 * Finds and loads the config: the named file, else the first in the current folder and upwards, in the
 * user's config folder, in `/etc/musicfs`.
 *
 * A config is a program. Above the current folder, folders that anybody can write to are passed over. One
 * that was not named is not run when it belongs to somebody who is neither this user, root, nor the owner of
 * the current folder.
 *
 * @throws `MFS_CONFIG_NOT_FOUND`, or `MFS_CONFIG_UNREADABLE` naming the file, and the line where it is known.
 */
export async function findConfig(options: FindOptions): Promise<FoundConfig> {
  const { cosmiconfig } = await import("cosmiconfig");
  const { file, cwd, env } = options;
  const open = (searchPlaces: string[]): PublicExplorer =>
    cosmiconfig("musicfs", { ...settingsOf(options), searchPlaces, searchStrategy: "none" });
  if (file !== undefined) return loadNamed(open(PLACES), resolvePath(file, cwd, env));

  const explorer = open(PLACES);
  for (const folder of upwards(cwd)) {
    const found = await searchIn(explorer, folder);
    if (found) return found;
  }
  const homes = [configHome(env), SYSTEM_FOLDER];
  const homeExplorer = open(PLACES_OF_HOME);
  for (const folder of homes) {
    const found = await searchIn(homeExplorer, folder);
    if (found) return found;
  }
  throw new MusicfsError(
    "MFS_CONFIG_NOT_FOUND",
    `there is no musicfs.config.ts (.js, .mjs, .json, .yaml) in ${cwd} or above, ${homes.join(" or ")}`,
  );
}

async function loadNamed(explorer: PublicExplorer, file: string): Promise<FoundConfig> {
  if (!statOf(file)) throw new MusicfsError("MFS_CONFIG_NOT_FOUND", `there is no config file ${file}`);
  try {
    const loaded = await explorer.load(file);
    if (loaded === null) throw new Error("package.json has no key 'musicfs'");
    return { file, content: loaded.config };
  } catch (error) {
    throw unreadable(file, error);
  }
}

async function searchIn(explorer: PublicExplorer, folder: string): Promise<FoundConfig | undefined> {
  if (!statOf(folder)?.isDirectory()) return undefined;
  try {
    const found = await explorer.search(folder);
    return found ? { file: found.filepath, content: found.config } : undefined;
  } catch (error) {
    throw unreadable((error as { filepath?: string }).filepath ?? folder, error);
  }
}

function settingsOf({ cwd, scripts, file }: FindOptions): Partial<Options> {
  const trusted = new Set([0, process.getuid?.(), statOf(cwd)?.uid]);
  const requireTrust = (path: string): void => {
    const { uid = 0 } = statOf(path) ?? {};
    if (file === undefined && !trusted.has(uid)) {
      throw new Error(`it belongs to user ${uid}; if you trust it, name it with --config`);
    }
  };
  const loadScript: Loader = async (path, text) => {
    requireSmall(text);
    requireTrust(path);
    return defaultOf(path, await scripts.load(path, path));
  };
  return {
    loaders: Object.fromEntries(SCRIPT_EXTENSIONS.map((extension) => [`.${extension}`, loadScript])),
    // A config is loaded once a process, and what was edited since must count.
    cache: false,
  };
}

function defaultOf(path: string, exported: unknown): unknown {
  const isCommonJs = /\.c[jt]s$/u.test(path);
  if (typeof exported === "object" && exported !== null && "default" in exported) return exported.default;
  return isCommonJs ? exported : undefined;
}

function requireSmall(text: string): void {
  if (text.length > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
}

// Anybody could have put a config into a folder that all may write to, such as that of temporary files.
function upwards(cwd: string): string[] {
  return [cwd, ...ancestorsOf(cwd).filter((folder) => ((statOf(folder)?.mode ?? 0) & 0o002) === 0)];
}

function ancestorsOf(folder: string): string[] {
  const parent = dirname(folder);
  return parent === folder ? [] : [parent, ...ancestorsOf(parent)];
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function unreadable(file: string, error: unknown): MusicfsError {
  const place = lineIn(file, error);
  return new MusicfsError(
    "MFS_CONFIG_UNREADABLE",
    `cannot load the config ${place ?? file}: ${explain(error, file)}`,
    {
      cause: error,
    },
  );
}

// What a script threw has the line in its stack; what is no script has it in its message.
function lineIn(file: string, error: unknown): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? "") : "";
  const at = stack.indexOf(`${file}:`);
  const line = at < 0 ? undefined : /^:(\d+)/u.exec(stack.slice(at + file.length))?.[1];
  return line === undefined ? undefined : `${file}:${line}`;
}

// Parsers repeat the file's name and place; Node adds who required what is missing.
function explain(error: unknown, file: string): string {
  const text = messageOf(error)
    .replace(/^(JSON|YAML) Error in .*:\n/u, "")
    .replace(/^(\w+Error: )+/u, "")
    .replace(/\nRequire stack:.*$/su, "");
  return text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "" && !line.trimStart().startsWith(`${file}:`))
    .slice(0, 8)
    .join("\n");
}
