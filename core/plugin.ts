import { z } from "zod";
import { isMusicfsError, MusicfsError, messageOf } from "./errors.js";
import { type Hooks, hooksFor, type PluginHooks } from "./hooks.js";
import type { Logger } from "./logger.js";
import { readSecret } from "./secrets/read-secret.js";
import type { Secret } from "./secrets/secret.js";

const BRAND = Symbol.for("musicfs.plugin");
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;

/** What `setup` is given: all that a plugin may touch. */
export interface PluginContext {
  /** Every seam of MusicFS; see the cards in `core/hooks.ts`. */
  readonly hooks: PluginHooks;
  readonly log: Logger;
  /** Aborts when the daemon stops. */
  readonly signal: AbortSignal;
  /** A folder of the plugin's own that survives restarts; made on first use. */
  stateDir(): string;
  /** The folder that relative paths in the options are relative to: the config file's. */
  readonly configDir: string;
  /**
   * The value of an option made with `secret()`, read anew each time; it is hidden in every log from then on.
   *
   * @throws `MFS_SECRET_UNAVAILABLE`
   */
  readSecret(secret: Secret): Promise<string>;
  /** Ids of the configured origins, in the config's order. Empty until every plugin is set up. */
  originIds(): readonly string[];
  /**
   * Says that options can change while the instance runs. When a reload of the config changes one of `keys`,
   * `apply` is given all options anew; it must not throw. What nobody takes needs a restart.
   */
  onReload<Options>(keys: readonly (keyof Options & string)[], apply: (options: Options) => void): void;
  /** Registers what to release when the daemon stops, or its start fails; last registered, first run. */
  onDispose(dispose: () => void | Promise<void>): void;
}

/** What a plugin gives to MusicFS; tells what a config has, and what is to be filled in. */
export type PluginKind = "origin" | "layout" | "mount" | "chunker" | "cache-policy" | "search";

/** What {@link definePlugin} is given. */
export interface PluginDefinition<Schema extends z.ZodType> {
  /** kebab-case, unique in a config: `layout-flat`. */
  readonly name: string;
  /** A strict zod object; each key with its unit and default in a TSDoc comment. Absent: no options. */
  readonly options?: Schema;
  /** What it gives. A layout or a mount driver that does not say so is joined by the default one. */
  readonly provides?: readonly PluginKind[];
  /** Names of plugins that must be in the config, too. */
  readonly requires?: readonly string[];
  /** What tells two uses of the plugin apart, where it may be used more than once (`origin-local`). */
  readonly instance?: (options: z.output<Schema>) => string;
  /** Taps hooks. Runs once, in the config's order; may be async. */
  setup(context: PluginContext, options: z.output<Schema>): void | Promise<void>;
}

/** A plugin with its options, as it stands in a config. Opaque. */
export interface Plugin {
  readonly name: string;
  readonly provides: readonly PluginKind[];
  readonly requires: readonly string[];
  /** `name`, or `name:instance`: unique in a config. */
  readonly identity: string;
  /** What is wrong with the options; reported all at once with the rest of the config. */
  readonly problems: readonly z.core.$ZodIssue[];
  /** What the options are checked by; tells which keys there are. */
  readonly schema: z.ZodType;
  /** Where the config made it: `file:line`, or `undefined` where that is unknown. */
  readonly definedAt: string | undefined;
  /** The options with defaults filled in, frozen; part of a layout's fingerprint. */
  readonly options: unknown;
  setup(context: PluginContext): void | Promise<void>;
}

type FactoryArguments<Schema extends z.ZodType> =
  undefined extends z.input<Schema>
    ? [options?: z.input<Schema>]
    : Record<string, never> extends z.input<Schema>
      ? [options?: z.input<Schema>]
      : [options: z.input<Schema>];

/** Makes a {@link Plugin} of options. `pluginName` is what YAML and JSON configs call it by. */
export interface PluginFactory<Schema extends z.ZodType = z.ZodType> {
  (...args: FactoryArguments<Schema>): Plugin;
  readonly pluginName: string;
  /** Makes one of unchecked options, as a YAML or JSON config does; `definedAt` as in {@link Plugin}. */
  from(options: unknown, definedAt: string | undefined): Plugin;
}

/**
 * Defines a plugin.
 *
 * @returns a function that takes the options and gives what stands in `plugins` of a config. Wrong options
 * do not throw there: they are collected, so that a config's problems are all reported at once.
 * @throws when the definition itself is wrong, which is a fault of the plugin's author.
 */
export function definePlugin<Schema extends z.ZodType = z.ZodObject<Record<string, never>, z.core.$strict>>(
  definition: PluginDefinition<Schema>,
): PluginFactory<Schema> {
  const { name } = definition;
  if (!NAME.test(name))
    throw new TypeError(`plugin name '${name}' must be kebab-case, such as 'layout-flat'`);
  const schema: z.ZodType = definition.options ?? z.strictObject({});

  const from = (input: unknown, definedAt: string | undefined): Plugin => {
    const parsed = schema.safeParse(input ?? {});
    const options = parsed.success ? deepFreeze(parsed.data) : undefined;
    const instance = parsed.success ? definition.instance?.(options as z.output<Schema>) : undefined;
    const plugin: Plugin = {
      name,
      provides: definition.provides ?? [],
      requires: definition.requires ?? [],
      identity: instance === undefined ? name : `${name}:${instance}`,
      problems: parsed.success ? [] : parsed.error.issues,
      schema,
      definedAt,
      options,
      setup: (context) => definition.setup(context, options as z.output<Schema>),
    };
    Object.defineProperty(plugin, BRAND, { value: true });
    return Object.freeze(plugin);
  };
  const factory = (options?: unknown): Plugin => from(options, callerOf(factory));
  return Object.assign(factory, { pluginName: name, from }) as PluginFactory<Schema>;
}

/** Whether `value` is what a plugin's factory returned, also one of another installed copy of MusicFS. */
export function isPlugin(value: unknown): value is Plugin {
  return typeof value === "object" && value !== null && BRAND in value;
}

/** Whether `value` is what {@link definePlugin} returned. */
export function isPluginFactory(value: unknown): value is PluginFactory {
  return typeof value === "function" && "pluginName" in value && "from" in value;
}

/** Options of a plugin that can change while the instance runs. */
export interface ReloadableOptions {
  /** The plugin's. */
  readonly identity: string;
  readonly keys: readonly string[];
  apply(options: unknown): void;
}

/** What a daemon gives each plugin's context, apart from the name. */
export interface SetupEnvironment {
  readonly hooks: Hooks;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly configDir: string;
  stateDirOf(pluginName: string): string;
  originIds(): readonly string[];
  /** Absent where the config is never read again. */
  onReload?(reloadable: ReloadableOptions): void;
  onDispose(dispose: () => void | Promise<void>): void;
}

/**
 * Sets up the plugins in order.
 *
 * @throws `MFS_PLUGIN_CLASH`, `MFS_PLUGIN_REQUIREMENT`, or `MFS_PLUGIN_FAILED` naming the plugin.
 */
export async function setupPlugins(plugins: readonly Plugin[], environment: SetupEnvironment): Promise<void> {
  checkNames(plugins);
  for (const plugin of plugins) await setupPlugin(plugin, environment);
}

/**
 * Sets up one plugin.
 *
 * @throws what it throws, or `MFS_PLUGIN_FAILED` naming it.
 */
export async function setupPlugin(plugin: Plugin, environment: SetupEnvironment): Promise<void> {
  const log = environment.log.child({ plugin: plugin.identity });
  const { configDir } = environment;
  const context: PluginContext = {
    hooks: hooksFor(environment.hooks, plugin.identity),
    log,
    signal: environment.signal,
    configDir,
    readSecret: (secret) => readSecret(secret, { configDir, env: process.env, log }),
    stateDir: () => environment.stateDirOf(plugin.name),
    originIds: environment.originIds,
    onReload: (keys, apply) =>
      environment.onReload?.({
        identity: plugin.identity,
        keys,
        apply: (options) => apply(options as never),
      }),
    onDispose: environment.onDispose,
  };
  try {
    await plugin.setup(context);
  } catch (error) {
    if (isMusicfsError(error)) throw error;
    throw new MusicfsError(
      "MFS_PLUGIN_FAILED",
      `plugin '${plugin.identity}' failed in setup: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}

/** What is wrong with how plugins go together. */
export interface PluginConflict {
  readonly code: "MFS_PLUGIN_CLASH" | "MFS_PLUGIN_REQUIREMENT";
  readonly message: string;
}

/** Finds names that are used twice, and plugins that miss another. */
export function findConflicts(plugins: readonly Plugin[]): readonly PluginConflict[] {
  return [...findClashes(plugins), ...findMissing(plugins)];
}

function checkNames(plugins: readonly Plugin[]): void {
  const [first] = findConflicts(plugins);
  if (first) throw new MusicfsError(first.code, first.message);
}

function findClashes(plugins: readonly Plugin[]): PluginConflict[] {
  const seen = new Map<string, Plugin>();
  const conflicts: PluginConflict[] = [];
  for (const plugin of plugins) {
    const other = seen.get(plugin.identity);
    if (!other) {
      seen.set(plugin.identity, plugin);
      continue;
    }
    const places = [other.definedAt, plugin.definedAt].filter((place) => place !== undefined).join(" and ");
    conflicts.push({
      code: "MFS_PLUGIN_CLASH",
      message: `two plugins are called '${plugin.identity}'${places ? ` (${places})` : ""}`,
    });
  }
  return conflicts;
}

function findMissing(plugins: readonly Plugin[]): PluginConflict[] {
  const names = new Set(plugins.map((plugin) => plugin.name));
  return plugins.flatMap((plugin) => {
    const missing = plugin.requires.filter((required) => !names.has(required));
    if (missing.length === 0) return [];
    const list = missing.map((name) => `'${name}'`).join(" and ");
    return [
      {
        code: "MFS_PLUGIN_REQUIREMENT",
        message: `plugin '${plugin.identity}' needs ${list}, which the config lacks`,
      },
    ];
  });
}

// The line of the config that called the factory, so that a wrong option can be found.
function callerOf(factory: (...args: unknown[]) => Plugin): string | undefined {
  const holder: { stack?: string } = {};
  Error.captureStackTrace(holder, factory);
  const frame = holder.stack?.split("\n")[1];
  const match = frame?.match(/(?:file:\/\/)?(\/[^\s():]+):(\d+):\d+/);
  return match ? `${match[1]}:${match[2]}` : undefined;
}

function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
