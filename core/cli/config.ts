import type { Config } from "../config/config.js";
import { describePlugin } from "../config/describe-plugin.js";
import { escapeControls } from "../text.js";
import { type GlobalOptions, loadCommandConfig } from "./context.js";
import { formatDuration, formatPairs } from "./format.js";
import { printJson, printLine } from "./output.js";

/** `musicfs config check`: prints `ok` and what the config comes to, or throws all that is wrong with it. */
export async function checkConfig({ json, ...flags }: GlobalOptions & { json?: boolean }): Promise<void> {
  const config = await loadCommandConfig(flags);
  const { checkOverlaps } = await import("../config/overlaps.js");
  checkOverlaps(config, []);
  if (json) return printJson({ ok: true, ...config, ...describePlugins(config) });
  printLine("ok");
  for (const line of formatConfig(config)) printLine(line);
}

/** `musicfs config show` */
export async function showConfig({ json, ...flags }: GlobalOptions & { json?: boolean }): Promise<void> {
  const config = await loadCommandConfig(flags);
  if (json) return printJson({ ...config, ...describePlugins(config) });
  for (const line of formatConfig(config)) printLine(line);
}

function formatConfig(config: Config): string[] {
  const { configFile, name, mountpoint, cacheDir, stateDir, socketPath, scan, logLevel, control } = config;
  const plugins = config.plugins.map((plugin) => {
    const { identity, options } = describePlugin(plugin);
    return ["plugin", `${identity} ${JSON.stringify(options)}`] as const;
  });
  const views = config.views.map(({ root, layout }) => {
    const { identity, options } = describePlugin(layout);
    return ["view", `${root} ${identity} ${JSON.stringify(options)}`] as const;
  });
  return formatPairs([
    ["config", configFile],
    ["name", name],
    ["mountpoint", mountpoint],
    ["cacheDir", cacheDir],
    ["stateDir", stateDir],
    ["socket", socketPath],
    ...(control.tcp ? [["port", formatTcp(control.tcp)] as const] : []),
    ["scan", `${scan.workers} workers, at most ${formatDuration(scan.timeoutMs)} a file`],
    ["log", logLevel],
    ...plugins,
    ...views,
  ]).map(escapeControls);
}

function formatTcp({ host, port, tls }: NonNullable<Config["control"]["tcp"]>): string {
  return `${port} of ${host}${tls ? ", over TLS" : ""}`;
}

function describePlugins({ plugins, views }: Config) {
  return {
    plugins: plugins.map(describePlugin),
    views: views.map(({ root, layout }) => ({ root, layout: describePlugin(layout) })),
  };
}
