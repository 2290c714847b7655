import type { Config } from "#core/config/config.js";
import { COVER_PRIORITY } from "#core/config/covers-schema.js";

/** A config for parts of the daemon that are made without one; what is not given leads nowhere. */
export function testConfig(given: Partial<Config>): Config {
  return {
    name: "test",
    mountpoint: "/nowhere",
    plugins: [],
    views: [],
    names: "posix",
    paths: "live",
    cacheDir: "/nowhere",
    stateDir: "/nowhere",
    runtimeDir: "/nowhere",
    socketPath: "/nowhere/test.sock",
    scan: { workers: 1, timeoutMs: 10_000, lyrics: false },
    covers: { priority: COVER_PRIORITY, sizes: [], maxBytes: 1024 * 1024 },
    sideFiles: true,
    playlists: true,
    delta: { samples: 8 },
    control: {},
    collections: [],
    searchFolders: { limit: 200, folders: 64, keepMs: 3_600_000 },
    logLevel: "info",
    configFile: "/nowhere/musicfs.config.ts",
    configDir: "/nowhere",
    ...given,
  };
}
