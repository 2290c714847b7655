import { dirname } from "node:path";
import { messageOf } from "../errors.js";
import { isPlugin, isPluginFactory, type Plugin, type PluginFactory } from "../plugin.js";
import type { Installation } from "./installation.js";
import { suggestionOf } from "./nearest.js";
import type { Problem } from "./problems.js";
import type { ScriptLoader } from "./script.js";

export interface PluginEntries {
  /** Each with its place in the list of the config. */
  readonly plugins: readonly { readonly index: number; readonly plugin: Plugin }[];
  readonly problems: readonly Problem[];
}

interface Named {
  readonly name: string;
  readonly options: unknown;
}

/**
 * Reads the `plugins` of a config. Falsy entries are dropped. A name, as JSON and YAML configs have it
 * (`"layout-artist-album"`, or `{ "origin-local": { "path": "/music" } }`), is that of a plugin that comes with
 * MusicFS, or else a module: a file relative to the config (`"./my-layout.ts"`) or an npm package beside it.
 */
export async function readPluginEntries(
  entries: readonly unknown[],
  configFile: string,
  installation: Installation,
  scripts: ScriptLoader,
): Promise<PluginEntries> {
  const plugins: { index: number; plugin: Plugin }[] = [];
  const problems: Problem[] = [];
  for (const [index, entry] of entries.entries()) {
    if (!entry) continue;
    const plugin = await readEntry(entry, configFile, installation, scripts);
    if (typeof plugin === "string") problems.push({ path: ["plugins", index], message: plugin });
    else plugins.push({ index, plugin });
  }
  return { plugins, problems };
}

/** Reads one entry. A text that is returned says what is wrong. */
export async function readEntry(
  entry: unknown,
  configFile: string,
  installation: Installation,
  scripts: ScriptLoader,
): Promise<Plugin | string> {
  if (isPlugin(entry)) return entry;
  if (isPluginFactory(entry)) return `expected a plugin, received its function; call it with its options`;
  const named = nameOf(entry);
  if (!named) return `expected a plugin such as originLocal({ path: "~/Music" }), received ${typeOf(entry)}`;
  const { name, options } = named;
  const factory =
    installation.plugins.get(name) ?? (await loadFactory(name, configFile, installation, scripts));
  return typeof factory === "string" ? factory : factory.from(options, undefined);
}

function nameOf(entry: unknown): Named | undefined {
  if (typeof entry === "string") return { name: entry, options: undefined };
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) return undefined;
  const [only, ...others] = Object.entries(entry);
  return only && others.length === 0 ? { name: only[0], options: only[1] } : undefined;
}

async function loadFactory(
  name: string,
  configFile: string,
  installation: Installation,
  scripts: ScriptLoader,
): Promise<PluginFactory | string> {
  const isPath = /^\.{0,2}\//u.test(name);
  try {
    const exported = await scripts.load(name, configFile);
    return soleFactoryOf(exported) ?? `the module '${name}' exports no plugin, or several`;
  } catch (error) {
    if (isPath || !isNotFound(error)) return `the module '${name}' cannot be loaded: ${messageOf(error)}`;
    const known = suggestionOf(name, installation.plugins.keys());
    return `there is no plugin '${name}', and no such package beside ${dirname(configFile)}${known}`;
  }
}

function soleFactoryOf(exported: unknown): PluginFactory | undefined {
  if (isPluginFactory(exported)) return exported;
  if (typeof exported !== "object" || exported === null) return undefined;
  const byDefault = (exported as { default?: unknown }).default;
  if (isPluginFactory(byDefault)) return byDefault;
  const factories = Object.values(exported).filter(isPluginFactory);
  return factories.length === 1 ? factories[0] : undefined;
}

function isNotFound(error: unknown): boolean {
  const code = String((error as { code?: unknown } | null)?.code ?? "");
  return code === "MODULE_NOT_FOUND" || code === "ERR_MODULE_NOT_FOUND";
}

function typeOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value;
}
