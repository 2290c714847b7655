/** What `import … from "musicfs"` gives: everything a config or a plugin needs, and nothing else. */
export { z } from "zod";
export type { UserConfig } from "./config/config.js";
export type { ConfigContext, ConfigInput } from "./config/define-config.js";
export { defineConfig } from "./config/define-config.js";
export { duration, size } from "./config/units.js";
export { openLocal } from "./content/open-local.js";
export { pathFromBytes, pathToBytes } from "./content/path-bytes.js";
export { ErrnoError } from "./errno.js";
export type { ErrorCode } from "./errors.js";
export { isMusicfsError, MusicfsError } from "./errors.js";
export type { LibraryChange, PluginHooks, ScanSummary } from "./hooks.js";
export type { Logger } from "./logger.js";
export type { CacheItem, CachePolicy } from "./model/cache-policy.js";
export type { Chunker, ChunkerSource } from "./model/chunker.js";
export type { EntryChange } from "./model/entry.js";
export type {
  Finding,
  GeneratedFolders,
  LateAnswers,
  Mount,
  MountDriver,
  MountEnd,
  MountSession,
  MountStatistics,
} from "./model/mount-driver.js";
export type {
  ListingBatch,
  LocalAccess,
  Origin,
  OriginCapacity,
  OriginFile,
  UnreadableFolder,
} from "./model/origin.js";
export type { SearchDocument, SearchEngine, SearchHit } from "./model/search-engine.js";
export type { AudioProperties, Track, TrackPath, TrackPlaces } from "./model/track.js";
export type { Plugin, PluginContext, PluginDefinition, PluginFactory, PluginKind } from "./plugin.js";
export { definePlugin } from "./plugin.js";
