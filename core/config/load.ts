import { dirname, join, relative } from "node:path";
import { MusicfsError, messageOf } from "../errors.js";
import { findConflicts, type Plugin } from "../plugin.js";
import { hideSecretsIn } from "../secrets/redaction.js";
import { type CollectionEntries, readCollectionEntries } from "./collection-entries.js";
import type { Config, TcpConfig } from "./config.js";
import { type FoundConfig, findConfig } from "./find.js";
import type { Installation } from "./installation.js";
import { applyOverrides, type ConfigFlags, type Override, readOverrides } from "./overrides.js";
import { cacheHome, type Environment, resolvePath, runtimeHome, stateHome } from "./paths.js";
import { type PluginEntries, readPluginEntries } from "./plugin-entries.js";
import { describeIssues, formatPath, type Problem } from "./problems.js";
import { type CheckedConfig, configSchema } from "./schema.js";
import { createScriptLoader, type ScriptLoader } from "./script.js";
import { readViewEntries, type ViewEntries } from "./view-entries.js";

export interface LoadConfigOptions {
  readonly flags: ConfigFlags;
  readonly env: Environment;
  readonly cwd: string;
  readonly installation: Installation;
}

/** Longest that a config which is a function may take, in milliseconds. */
const EVALUATE_TIMEOUT_MS = 30_000;
/** Bytes that fit into `sun_path` of a Unix socket's address (unix(7)), without the NUL. */
const SOCKET_PATH_MAX_BYTES = process.platform === "darwin" ? 103 : 107;

/**
 * Finds, loads, checks and completes the config. A flag wins over the environment, that over the file, that
 * over the default.
 *
 * @throws `MFS_CONFIG_NOT_FOUND`, `MFS_CONFIG_UNREADABLE`, or `MFS_CONFIG_INVALID` with every problem on a
 * line of its own; `MFS_PLUGIN_CLASH` or `MFS_PLUGIN_REQUIREMENT` when that is all that is wrong.
 */
export async function loadConfig(options: LoadConfigOptions): Promise<Config> {
  const { flags, env, cwd, installation } = options;
  const scripts = createScriptLoader(installation.modules, env);
  const file = flags.config ?? (env.MUSICFS_CONFIG || undefined);
  const found = await findConfig({ file, cwd, env, scripts });
  const content = await evaluate(found, env);
  const overrides = readOverrides(flags, env, cwd);
  const checked = await check(content, found.file, overrides, installation, scripts);
  const { entries, views } = checked;
  const plugins = [
    ...entries.plugins.map(({ plugin }) => plugin),
    ...views.views.map(({ layout }) => layout),
  ];
  for (const { options: given } of plugins) hideSecretsIn(given);
  return complete(checked, found.file, options);
}

async function evaluate({ file, content }: FoundConfig, env: Environment): Promise<Record<string, unknown>> {
  const value = await withDeadline(file, async () =>
    typeof content === "function" ? content({ env: { ...env } }) : content,
  );
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Record<string, unknown>;
  }
  const what =
    content === undefined ? "exports nothing as its default" : `gives no object, but ${typeof value}`;
  throw new MusicfsError("MFS_CONFIG_INVALID", `the config ${file} ${what}`, {
    hint: "Write 'export default defineConfig({ … })' in it; see README, 'Configuration'.",
  });
}

async function withDeadline(file: string, run: () => Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`it took longer than ${EVALUATE_TIMEOUT_MS / 1000} s`)),
      EVALUATE_TIMEOUT_MS,
    );
  });
  try {
    return await Promise.race([run(), deadline]);
  } catch (error) {
    throw new MusicfsError("MFS_CONFIG_UNREADABLE", `the config ${file} failed: ${messageOf(error)}`, {
      cause: error,
    });
  } finally {
    clearTimeout(timer);
  }
}

async function check(
  content: Record<string, unknown>,
  file: string,
  overrides: readonly Override[],
  installation: Installation,
  scripts: ScriptLoader,
): Promise<CheckedParts> {
  const merged = applyOverrides(content, overrides);
  const parsed = configSchema.safeParse(merged);
  const list = Array.isArray(merged.plugins) ? merged.plugins : [];
  const entries = await readPluginEntries(list, file, installation, scripts);
  const views = await readViewEntries(recordOf(merged.views), file, installation, scripts);
  const collections = readCollectionEntries(recordOf(merged.collections));
  const own = parsed.success ? [] : describeIssues(configSchema, parsed.error.issues);
  const problems = [
    ...own.map((problem) => formatProblem(problem, overrides)),
    ...pluginProblems(entries, file),
    ...viewProblems(views, entries, file),
    ...collections.problems.map((problem) => formatProblem(problem, [])),
  ];
  const plugins = entries.plugins.map(({ plugin }) => plugin);
  if (Array.isArray(merged.plugins) && entries.problems.length === 0)
    problems.push(...missingOrigin(plugins));
  const conflicts = findConflicts(plugins.filter(isSound));
  const [conflict] = conflicts;
  if (conflict && problems.length === 0 && conflicts.length === 1) {
    throw new MusicfsError(conflict.code, `${conflict.message}: ${file}`);
  }
  problems.push(...conflicts.map(({ message }) => `plugins: ${message}`));
  if (problems.length > 0 || !parsed.success) throw invalid(file, problems);
  return { settings: parsed.data, entries, views, collections };
}

interface CheckedParts {
  readonly settings: CheckedConfig;
  readonly entries: PluginEntries;
  readonly views: ViewEntries;
  readonly collections: CollectionEntries;
}

// Until its options are right, nobody knows what a plugin that may be used twice would be called.
function isSound({ problems }: Plugin): boolean {
  return problems.length === 0;
}

// In the order of the config.
function pluginProblems({ plugins, problems }: PluginEntries, file: string): string[] {
  const lines = [
    ...problems.map((problem) => ({ index: problem.path[1], lines: [formatProblem(problem, [])] })),
    ...plugins.map(({ index, plugin }) => ({
      index,
      lines: optionProblems(["plugins", index], plugin, file),
    })),
  ];
  return lines
    .toSorted((one, other) => Number(one.index) - Number(other.index))
    .flatMap((entry) => entry.lines);
}

function viewProblems({ views, problems }: ViewEntries, { plugins }: PluginEntries, file: string): string[] {
  const lines = problems.map((problem) => formatProblem(problem, []));
  for (const { root, layout } of views) lines.push(...optionProblems(["views", root], layout, file));
  const other = plugins.find(({ plugin }) => plugin.provides.includes("layout"));
  if (other && views.some(({ root }) => root === "/")) {
    lines.push(
      `views["/"]: '${other.plugin.name}' in "plugins" is the layout of "/" already; keep one of both`,
    );
  }
  return lines;
}

function optionProblems(at: readonly PropertyKey[], plugin: Plugin, file: string): string[] {
  const place = placeOf(plugin, file);
  return describeIssues(plugin.schema, plugin.problems).map(({ path, message }) => {
    const inner = formatPath(path);
    const separator = inner === "" || inner.startsWith("[") ? "" : ".";
    return `${formatPath(at)} (${plugin.name})${separator}${inner}: ${message}${place}`;
  });
}

function placeOf({ definedAt }: Plugin, file: string): string {
  if (definedAt === undefined) return "";
  const near = relative(dirname(file), definedAt);
  return ` (${near.startsWith("..") ? definedAt : near})`;
}

// A plugin that does not say what it gives may give an origin; the start finds out.
function missingOrigin(plugins: readonly Plugin[]): string[] {
  const mayGive = plugins.some(({ provides }) => provides.length === 0 || provides.includes("origin"));
  return mayGive ? [] : [`plugins: no origin; add one, such as originLocal({ path: "~/Music" })`];
}

function formatProblem({ path, message }: Problem, overrides: readonly Override[]): string {
  const at = formatPath(path);
  const override = overrides.findLast((candidate) => formatPath(candidate.path) === at);
  const suffix = override ? ` (${override.source})` : "";
  return at === "" ? `${message}${suffix}` : `${at}: ${message}${suffix}`;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : {};
}

function invalid(file: string, problems: readonly string[]): MusicfsError {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const lines = problems.map((line) => `\n  ${line}`).join("");
  return new MusicfsError("MFS_CONFIG_INVALID", `${count} in ${file}${lines}`);
}

function complete(
  { settings, entries: { plugins }, views: { views }, collections: { collections } }: CheckedParts,
  configFile: string,
  { env, installation }: LoadConfigOptions,
): Config {
  const configDir = dirname(configFile);
  const { name, scan, searchFolders, log, control, covers, sideFiles, playlists } = settings;
  const at = (path: string): string => resolvePath(path, configDir, env);
  const runtimeDir = settings.runtimeDir === undefined ? runtimeHome(env) : at(settings.runtimeDir);
  const socketPath = join(runtimeDir, `${name}.sock`);
  if (Buffer.byteLength(socketPath) > SOCKET_PATH_MAX_BYTES) {
    const problem = `runtimeDir: ${socketPath} is longer than the ${SOCKET_PATH_MAX_BYTES} bytes that a socket's path may have`;
    throw invalid(configFile, [problem]);
  }
  return Object.freeze({
    name,
    mountpoint: at(settings.mountpoint),
    plugins: Object.freeze(
      installation.withDefaults(
        plugins.map(({ plugin }) => plugin),
        views.length > 0,
      ),
    ),
    views: Object.freeze(views),
    paths: settings.paths,
    names: settings.names,
    cacheDir: at(settings.cacheDir ?? join(cacheHome(env), name)),
    stateDir: at(settings.stateDir ?? join(stateHome(env), name)),
    runtimeDir,
    socketPath,
    scan: Object.freeze({ workers: scan.workers, timeoutMs: scan.timeout, lyrics: scan.lyrics }),
    covers: Object.freeze(covers),
    sideFiles,
    playlists,
    delta: Object.freeze(settings.delta),
    control: Object.freeze(control.tcp ? { tcp: completeTcp(control.tcp, at) } : {}),
    searchFolders: Object.freeze({
      limit: searchFolders.limit,
      folders: searchFolders.folders,
      keepMs: searchFolders.keep,
    }),
    collections: Object.freeze(collections),
    logLevel: log.level,
    configFile,
    configDir,
  });
}

function completeTcp(
  { tls, ...tcp }: NonNullable<CheckedConfig["control"]["tcp"]>,
  at: (path: string) => string,
): TcpConfig {
  const files = tls && { certFile: at(tls.certFile), keyFile: at(tls.keyFile) };
  return Object.freeze({ ...tcp, ...(files ? { tls: files } : {}) });
}
