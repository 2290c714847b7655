import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHooks, type Hooks } from "../../core/hooks.js";
import type { Logger } from "../../core/logger.js";
import type { CachePolicy } from "../../core/model/cache-policy.js";
import type { Chunker } from "../../core/model/chunker.js";
import type { MountDriver } from "../../core/model/mount-driver.js";
import type { Origin } from "../../core/model/origin.js";
import type { SearchEngine } from "../../core/model/search-engine.js";
import type { Track, TrackPlaces } from "../../core/model/track.js";
import { type Plugin, setupPlugins } from "../../core/plugin.js";

/** A plugin that was set up as a daemon does it, and what it answers. */
export interface SetUpPlugin {
  /** Every hook, to call what a plugin listens to. */
  readonly hooks: Hooks;
  /** Errors that its event listeners threw. */
  readonly eventErrors: readonly Error[];
  origins(): Promise<readonly Origin[]>;
  placeTrack(track: Track): TrackPlaces | undefined;
  /** @throws when the plugin gives none; so do the following. */
  mountDriver(): Promise<MountDriver>;
  chunker(): Promise<Chunker>;
  cachePolicy(): Promise<CachePolicy>;
  searchEngine(): Promise<SearchEngine>;
  /** Runs what the plugin registered with `onDispose`, and removes its state folder. */
  close(): Promise<void>;
}

export interface SetUpOptions {
  /** What relative paths in the options are relative to. @default the current folder */
  readonly configDir?: string;
  /** Ids of the origins that the plugin is told of. @default ["music"] */
  readonly originIds?: readonly string[];
  /** Receives the plugin's messages. @default drops them */
  readonly log?: Logger;
  /** The plugin's state folder, which is kept. @default a temporary one, which is removed */
  readonly stateDir?: string;
}

/**
 * Sets one plugin up, without a config and without a daemon.
 *
 * @throws TypeError naming every wrong option, or what `setup` throws.
 */
export async function setUpPlugin(plugin: Plugin, options: SetUpOptions = {}): Promise<SetUpPlugin> {
  const problems = plugin.problems.map(({ path, message }) => `${path.join(".") || "options"}: ${message}`);
  if (problems.length > 0) throw new TypeError(`${plugin.name}: ${problems.join("; ")}`);

  const eventErrors: Error[] = [];
  const hooks = createHooks((error) => eventErrors.push(error));
  const controller = new AbortController();
  const disposers: (() => void | Promise<void>)[] = [];
  let temporary: string | undefined;
  const stateDirOf = (): string => {
    if (options.stateDir !== undefined) return options.stateDir;
    temporary ??= mkdtempSync(join(tmpdir(), "musicfs-plugin-"));
    return temporary;
  };
  const close = async (): Promise<void> => {
    controller.abort(new Error("MusicFS stops"));
    try {
      for (const dispose of disposers.splice(0).reverse()) await dispose();
    } finally {
      if (temporary !== undefined) rmSync(temporary, { recursive: true, force: true });
    }
  };
  try {
    await setupPlugins([plugin], {
      hooks,
      log: options.log ?? dropMessages,
      signal: controller.signal,
      configDir: options.configDir ?? process.cwd(),
      stateDirOf,
      originIds: () => options.originIds ?? ["music"],
      onDispose: (dispose) => disposers.push(dispose),
    });
  } catch (error) {
    await close();
    throw error;
  }
  const { signal } = controller;
  return {
    hooks,
    eventErrors,
    origins: () => hooks.openOrigin.call(signal),
    placeTrack: (track) => hooks.placeTrack.call(track),
    mountDriver: async () => given(plugin, "mount driver", await hooks.provideMount.call(signal)),
    chunker: async () => given(plugin, "chunker", await hooks.provideChunker.call(signal)),
    cachePolicy: async () => given(plugin, "cache policy", await hooks.provideCachePolicy.call(signal)),
    searchEngine: async () => given(plugin, "search engine", await hooks.provideSearch.call(signal)),
    close,
  };
}

function given<T>(plugin: Plugin, what: string, answer: T | undefined): T {
  if (answer === undefined) throw new TypeError(`plugin '${plugin.name}' gives no ${what}`);
  return answer;
}

const dropMessage = (): void => undefined;
/** A logger for whoever wants to hear nothing. */
export const dropMessages: Logger = {
  debug: dropMessage,
  info: dropMessage,
  warn: dropMessage,
  error: dropMessage,
  child: () => dropMessages,
};
