/** What `import … from "musicfs"` gives: everything a config or a plugin needs, and nothing else. */
export { z } from "zod";
export { type Backoff, createBackoff } from "./backoff.js";
export {
  mostPlayed,
  query,
  type RecentOptions,
  recentlyAdded,
  recentlyPlayed,
  type SizedOptions,
} from "./collections/kinds.js";
export type { UserConfig } from "./config/config.js";
export type { ConfigContext, ConfigInput } from "./config/define-config.js";
export { defineConfig } from "./config/define-config.js";
export { duration, size } from "./config/units.js";
export { openLocal } from "./content/open-local.js";
export { pathFromBytes, pathToBytes } from "./content/path-bytes.js";
export { ErrnoError } from "./errno.js";
export type { ErrorCode } from "./errors.js";
export { isMusicfsError, MusicfsError } from "./errors.js";
export type { EventType, MusicfsEvent } from "./events/event.js";
export type {
  CacheEviction,
  ConfigReload,
  CorruptionRepair,
  FileAccess,
  LibraryChange,
  OriginChange,
  PluginHooks,
  ScanSummary,
} from "./hooks.js";
export { httpUrl } from "./http/http-url.js";
export type { HttpAnswer, HttpRequest } from "./http/send-request.js";
export { sendRequest, sendSuccessfully, serverOf } from "./http/send-request.js";
export { webOptions } from "./http/web-options.js";
export type { Logger } from "./logger.js";
export type { CacheItem, CachePolicy } from "./model/cache-policy.js";
export type { Chunker, ChunkerSource } from "./model/chunker.js";
export type { Collection, CollectionSource, NamedCollection } from "./model/collection.js";
export type { EntryChange } from "./model/entry.js";
export type {
  Finding,
  GeneratedFolders,
  LateAnswers,
  LatencyHistogram,
  Mount,
  MountAccess,
  MountDriver,
  MountEnd,
  MountSession,
  MountStatistics,
} from "./model/mount-driver.js";
export type {
  HeldRemoval,
  ListingBatch,
  LocalAccess,
  Origin,
  OriginCapacity,
  OriginChanges,
  OriginChecksum,
  OriginChunk,
  OriginChunks,
  OriginFile,
  OriginSettings,
  UnreadableFolder,
} from "./model/origin.js";
export type { OriginErrorKind } from "./model/origin-error.js";
export { OriginError } from "./model/origin-error.js";
export type { SearchEngine } from "./model/search-engine.js";
export type { AudioProperties, Track, TrackPath, TrackPlaces } from "./model/track.js";
export { type Notification, startNotifier } from "./notifier/notifier.js";
export { notifierOptions } from "./notifier/options.js";
export { type OriginOptionDefaults, originOptions } from "./origins/options.js";
export type { Plugin, PluginContext, PluginDefinition, PluginFactory, PluginKind } from "./plugin.js";
export { definePlugin } from "./plugin.js";
export { type Place, Queue } from "./queue.js";
export type { Secret } from "./secrets/secret.js";
export { secret } from "./secrets/secret.js";
export { templateText } from "./template/option.js";
export { parseTemplate } from "./template/parse.js";
export { renderTemplate } from "./template/render.js";
export type { Template } from "./template/template.js";
export { TemplateError } from "./template/template.js";
