/** The mount drivers that every case runs over. */
export const DRIVERS = ["mount-fuse", "mount-fuse-native"] as const;
export type DriverName = (typeof DRIVERS)[number];

/** What stands in a config that a test mounts. */
export interface TestConfig {
  readonly driver: DriverName;
  /** Options of the mount driver. */
  readonly driverOptions?: object;
  /** Folder of the local origin; absent where {@link plugins} has the origin. */
  readonly library?: string;
  /** More options of the local origin. */
  readonly originOptions?: object;
  /** Lines of code that stand before the config: imports of plugins of one's own. */
  readonly imports?: readonly string[];
  /** Expressions that stand first in `plugins`. */
  readonly plugins?: readonly string[];
  /** Lines of code that stand in the config, such as `collections: { … },`. */
  readonly lines?: readonly string[];
  /** The expression of `views`; without it the layout stands among the plugins. */
  readonly views?: string;
  /** Threads that read tags. */
  readonly scanWorkers?: number;
}

const FACTORIES: Record<DriverName, string> = {
  "mount-fuse": "mountFuse",
  "mount-fuse-native": "mountFuseNative",
};

/** The text of a `musicfs.config.ts`, as a user writes it. */
export function configText(config: TestConfig, mountpoint: string): string {
  const {
    driver,
    library,
    originOptions,
    driverOptions,
    imports = [],
    plugins = [],
    lines = [],
    views,
    scanWorkers,
  } = config;
  const factory = FACTORIES[driver];
  const entries = [
    ...plugins,
    ...(library === undefined ? [] : [`originLocal(${JSON.stringify({ path: library, ...originOptions })})`]),
    ...(views === undefined ? ["layoutArtistAlbum()"] : []),
    `${factory}(${JSON.stringify(driverOptions ?? {})})`,
  ];
  return [
    `import { defineConfig } from "musicfs";`,
    `import { layoutArtistAlbum, layoutOrigin, ${factory}, originLocal } from "musicfs/plugins";`,
    ...imports,
    "export default defineConfig({",
    `  mountpoint: ${JSON.stringify(mountpoint)},`,
    ...(scanWorkers === undefined ? [] : [`  scan: { workers: ${scanWorkers} },`]),
    ...lines,
    ...(views === undefined ? [] : [`  views: ${views},`]),
    `  plugins: [${entries.join(", ")}],`,
    "});",
    "",
  ].join("\n");
}
