import { AsyncParallelHook, AsyncSeriesBailHook, AsyncSeriesWaterfallHook, SyncBailHook } from "tapable";
import { isMusicfsError, MusicfsError, messageOf } from "./errors.js";
import type { MusicfsEvent } from "./events/event.js";
import type { CachePolicy } from "./model/cache-policy.js";
import type { Chunker } from "./model/chunker.js";
import type { NamedCollection } from "./model/collection.js";
import type { MountDriver } from "./model/mount-driver.js";
import type { HeldRemoval, Origin } from "./model/origin.js";
import type { SearchEngine } from "./model/search-engine.js";
import type { Track, TrackPlaces } from "./model/track.js";

/**
 * Every seam of MusicFS, on one page.
 *
 * A hook decides *who* handles something; the answer is a small object that the core calls directly from
 * then on. Nothing that happens once a read is a hook.
 *
 * The four kinds:
 *
 * | kind      | who is asked                     | `undefined` means | a throw                                  |
 * | --------- | -------------------------------- | ----------------- | ---------------------------------------- |
 * | `collect` | every tap, in the config's order | nothing to add    | stops the start, naming the plugin       |
 * | `provide` | taps in order, first answer wins | ask the next one  | stops the start, naming the plugin       |
 * | `decide`  | as `provide`, synchronously      | ask the next one  | that subject only, naming the plugin     |
 * | `event`   | every tap, at the same time      | (nothing is read) | is logged, and disturbs nobody else      |
 */
export interface Hooks {
  /**
   * `collect`, once at start: an origin to read from.
   * At least one plugin must answer; two origins with one id are refused.
   */
  readonly openOrigin: CollectHook<Origin>;
  /**
   * `decide`, once for each track that is new, changed, or shown by another layout than before: the path
   * under which it appears, as segments below the view's root, the last one being the file's name; or a list
   * of such paths, of which the first 64 are taken. Must be pure and quick (it runs on the main thread), may
   * return any text: the core makes safe, unique names of it.
   * Each view has its own: a plugin of `plugins` decides for the view at the root, one of `views` for that view.
   * `undefined` from all: the track appears under the folders and the name that it has in its origin.
   * A throw does the same to that track, and is logged.
   */
  readonly placeTrack: DecideHook<Track, TrackPlaces>;
  /** `provide`, once at start: what speaks to the kernel. Somebody must answer; the first one is taken. */
  readonly provideMount: ProvideHook<MountDriver>;
  /**
   * `provide`, once at start, when an origin is read through the content store: how the content of files is cut into
   * chunks. Somebody must answer; the first one is taken.
   */
  readonly provideChunker: ProvideHook<Chunker>;
  /** `provide`, as above: what the cache admits and what it evicts. */
  readonly provideCachePolicy: ProvideHook<CachePolicy>;
  /**
   * `provide`, once at start: what finds tracks by words. The index is opened shortly after the mount; what fails
   * there is told to whoever searches, and disturbs nothing else. Nobody answers: there is no search.
   */
  readonly provideSearch: ProvideHook<SearchEngine>;

  /**
   * `collect`, once at start: a folder of tracks below `/Collections`, beside those of the config. Of two with one
   * name the first is shown; a name that no folder can have stops the start.
   */
  readonly openCollection: CollectHook<NamedCollection>;

  /** `event`, once: the tree answers at the mountpoint. */
  readonly mounted: EventHook<{ readonly mountpoint: string }>;
  /** `event`, once: no more requests are taken; awaited for at most five seconds. */
  readonly stopping: EventHook<{ readonly reason: string }>;
  /** `event`: the listing of an origin begins. */
  readonly scanStarted: EventHook<{ readonly originId: string }>;
  /** `event`: a scan ended. `complete` is false when it was stopped, or the origin failed. */
  readonly scanCompleted: EventHook<ScanSummary>;
  /** `event`, once for each batch that was committed: what of the library is new, different or gone. */
  readonly libraryChanged: EventHook<LibraryChange>;
  /** `event`: an origin answers again, no longer answers, or is otherwise than before (a removal is held). */
  readonly originChanged: EventHook<OriginChange>;
  /**
   * `event`, once for each opening of a file that lasted for a second or longer, when it is closed. Who only looks
   * at files (a scan of tags) causes none.
   */
  readonly fileAccessed: EventHook<FileAccess>;
  /** `event`, once for each file that left the cache because room was needed, or the policy wanted it. */
  readonly cacheEvicted: EventHook<CacheEviction>;
  /**
   * `event`, once for each damaged piece of a cached file: it was dropped before anybody saw it, and its bytes come
   * from the origin again.
   */
  readonly corruptionRepaired: EventHook<CorruptionRepair>;
  /** `event`: the config was read again. */
  readonly configReloaded: EventHook<ConfigReload>;
  /**
   * `event`: everything above that happens, and how far a scan is, as one stream. It is fed as long as
   * somebody taps it; what a plugin needs only some of is cheaper to get from the hooks above.
   */
  readonly happened: EventHook<MusicfsEvent>;
}

/** What changed of an origin. */
export interface OriginChange {
  readonly originId: string;
  readonly change: "connected" | "disconnected" | "health-changed";
  /** What failed, in words; absent when nothing did. */
  readonly error?: string;
  /** A removal of so many files at once that it waits for a confirmation; absent when none does. */
  readonly held?: HeldRemoval;
}

export interface FileAccess {
  /** Path below the mountpoint, with a leading `/`. */
  readonly path: string;
  /** From the open to the close, in milliseconds. */
  readonly heldMs: number;
  /** Bytes that MusicFS gave: none of those that the kernel had already, or reads by passthrough. */
  readonly copiedBytes: number;
  /** Whether it looked like listening: see `core/plays/README.md`. */
  readonly wasPlayed: boolean;
  /** Who it was; absent where that cannot be told. */
  readonly process?: { readonly pid: number; readonly name: string };
}

export interface CacheEviction {
  readonly originId: string;
  /** Path in the origin. */
  readonly path: string;
  /** Bytes that came free. */
  readonly bytes: number;
}

export interface CorruptionRepair {
  readonly originId: string;
  /** Path in the origin. */
  readonly path: string;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
}

/** Keys of the config, such as `log.level`. */
export interface ConfigReload {
  /** Keys whose new value holds. */
  readonly applied: readonly string[];
  /** Keys whose new value needs a restart. */
  readonly needsRestart: readonly string[];
}

/** What one scan of one origin did. */
export interface ScanSummary {
  readonly originId: string;
  readonly complete: boolean;
  readonly files: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  readonly skipped: number;
  readonly unreadableFolders: number;
  readonly durationMs: number;
}

/** Paths are below the mountpoint's root, with a leading `/`. */
export interface LibraryChange {
  readonly added: readonly string[];
  readonly changed: readonly string[];
  readonly removed: readonly string[];
}

/** What a plugin may do with a hook: tap it. Its own name is bound already. */
export interface Tappable<Tap> {
  tap(tap: Tap): void;
}

type Answer<T> = T | undefined;
type MaybePromise<T> = T | Promise<T>;

export type CollectTap<T> = (signal: AbortSignal) => MaybePromise<Answer<T>>;
export type ProvideTap<T> = (signal: AbortSignal) => MaybePromise<Answer<T>>;
export type DecideTap<S, T> = (subject: S) => Answer<T>;
export type EventTap<E> = (event: E) => MaybePromise<void>;

export interface CollectHook<T> {
  for(plugin: string): Tappable<CollectTap<T>>;
  call(signal: AbortSignal): Promise<readonly T[]>;
}
export interface ProvideHook<T> {
  for(plugin: string): Tappable<ProvideTap<T>>;
  call(signal: AbortSignal): Promise<Answer<T>>;
  /** Whether anybody may answer. */
  readonly isUsed: boolean;
}
export interface DecideHook<S, T> {
  for(plugin: string): Tappable<DecideTap<S, T>>;
  call(subject: S): Answer<T>;
  /** Names of the plugins that tapped it, in order. */
  readonly plugins: readonly string[];
}
export interface EventHook<E> {
  for(plugin: string): Tappable<EventTap<E>>;
  /** Resolves when every tap has settled; never rejects. */
  call(event: E): Promise<void>;
  /** Whether anybody listens, so that costly events need not be made for nobody. */
  readonly isUsed: boolean;
  /** Listens until the function that it gives is called; for the core, since a tap is for life. */
  follow(listener: (event: E) => void): () => void;
}

/** The hooks as a plugin gets them: each can be tapped and nothing else. */
export type PluginHooks = {
  readonly [K in keyof Hooks]: ReturnType<Hooks[K]["for"]>;
};

/** Makes the hooks of one daemon. `onEventError` receives what event taps throw, labelled. */
export function createHooks(onEventError: (error: MusicfsError) => void): Hooks {
  return {
    openOrigin: createCollect("openOrigin"),
    placeTrack: createDecide("placeTrack"),
    provideMount: createProvide("provideMount"),
    provideChunker: createProvide("provideChunker"),
    provideCachePolicy: createProvide("provideCachePolicy"),
    provideSearch: createProvide("provideSearch"),
    openCollection: createCollect("openCollection"),
    mounted: createEvent("mounted", onEventError),
    stopping: createEvent("stopping", onEventError),
    scanStarted: createEvent("scanStarted", onEventError),
    scanCompleted: createEvent("scanCompleted", onEventError),
    libraryChanged: createEvent("libraryChanged", onEventError),
    originChanged: createEvent("originChanged", onEventError),
    fileAccessed: createEvent("fileAccessed", onEventError),
    cacheEvicted: createEvent("cacheEvicted", onEventError),
    corruptionRepaired: createEvent("corruptionRepaired", onEventError),
    configReloaded: createEvent("configReloaded", onEventError),
    happened: createEvent("happened", onEventError),
  };
}

/** The same hooks, but for the layout, which is one of its own: what a plugin of a view is given. */
export function withOwnLayout(hooks: Hooks): Hooks {
  return { ...hooks, placeTrack: createDecide("placeTrack") };
}

/** Gives plugin `name` its facade of the hooks. */
export function hooksFor(hooks: Hooks, name: string): PluginHooks {
  const facades = Object.entries(hooks).map(([key, hook]) => [key, hook.for(name)] as const);
  return Object.freeze(Object.fromEntries(facades)) as PluginHooks;
}

function createCollect<T>(hookName: string): CollectHook<T> {
  const hook = new AsyncSeriesWaterfallHook<[T[], AbortSignal]>(["found", "signal"], hookName);
  return {
    for: (plugin) => ({
      tap: (tap) =>
        hook.tapPromise(plugin, async (found, signal) => {
          const answer = await labelled(plugin, hookName, () => tap(signal));
          return answer === undefined ? found : [...found, answer];
        }),
    }),
    call: (signal) => hook.promise([], signal),
  };
}

function createProvide<T>(hookName: string): ProvideHook<T> {
  const hook = new AsyncSeriesBailHook<[AbortSignal], T>(["signal"], hookName);
  return {
    for: (plugin) => ({
      tap: (tap) =>
        hook.tapPromise(
          plugin,
          async (signal) => labelled(plugin, hookName, () => tap(signal)) as Promise<T>,
        ),
    }),
    call: (signal) => hook.promise(signal),
    get isUsed() {
      return hook.isUsed();
    },
  };
}

function createDecide<S, T>(hookName: string): DecideHook<S, T> {
  const hook = new SyncBailHook<[S], T>(["subject"], hookName);
  const plugins: string[] = [];
  return {
    plugins,
    for: (plugin) => ({
      tap: (tap) => {
        plugins.push(plugin);
        hook.tap(plugin, (subject) => {
          try {
            return tap(subject) as T;
          } catch (error) {
            throw label(plugin, hookName, error);
          }
        });
      },
    }),
    call: (subject) => hook.call(subject),
  };
}

function createEvent<E>(hookName: string, onError: (error: MusicfsError) => void): EventHook<E> {
  const hook = new AsyncParallelHook<[E]>(["event"], hookName);
  const followers = new Set<(event: E) => void>();
  return {
    get isUsed() {
      return followers.size > 0 || hook.isUsed();
    },
    follow(listener) {
      followers.add(listener);
      return () => void followers.delete(listener);
    },
    for: (plugin) => ({
      tap: (tap) =>
        hook.tapPromise(plugin, async (event) => {
          try {
            await tap(event);
          } catch (error) {
            onError(label(plugin, hookName, error));
          }
        }),
    }),
    call(event) {
      for (const follower of followers) follower(event);
      return hook.promise(event);
    },
  };
}

async function labelled<T>(plugin: string, hookName: string, run: () => MaybePromise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw label(plugin, hookName, error);
  }
}

// tapable does not say whose tap threw, so every tap is wrapped. What is labelled already keeps its label,
// and an error of ours keeps its code.
function label(plugin: string, hookName: string, error: unknown): MusicfsError {
  if (isMusicfsError(error)) return error;
  return new MusicfsError(
    "MFS_PLUGIN_FAILED",
    `plugin '${plugin}' failed in hook '${hookName}': ${messageOf(error)}`,
    {
      cause: error,
    },
  );
}
