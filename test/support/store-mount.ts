import { join } from "node:path";
import type { CacheDisk } from "./cache-disk.js";
import { type TestInstance, withInstance } from "./mount.js";
import { until } from "./process.js";

/** What `musicfs cache stats --json` tells, as far as tests look at it. */
export interface CacheStats {
  readonly state: "on" | "off";
  readonly files: number;
  readonly wholeFiles: number;
  readonly logicalBytes: number;
  readonly storedBytes: number;
  readonly indexBytes: number;
  readonly chunks: number;
  readonly uniqueChunks: number;
  readonly originBytes: number;
  readonly evictions: number;
  readonly corruptChunks: number;
}

/** What `musicfs cache verify --json` tells, as far as tests look at it. */
export interface VerifyResult {
  readonly files: number;
  readonly corrupt: number;
  readonly repaired: number;
}

export interface StoreMountOptions {
  /** Folder of a local origin that goes through the store. */
  readonly library: string;
  /** The policy, as it stands in a config. @default `cacheLru({ minFreeBytes: 0 })` */
  readonly policy?: string;
  /** Mounts a disk where the cache will be. */
  readonly disk?: (folder: string, home: string) => Promise<CacheDisk>;
}

/** An instance whose reads go through the content store, and what its cache lies on. */
export interface StoreMount {
  readonly instance: TestInstance;
  /** Where everything of the cache lies. */
  readonly cacheDir: string;
  /** @throws where the options have no disk. */
  readonly disk: CacheDisk;
}

/** Gives `use` an instance that does not run yet, and removes every trace, however `use` ends. */
export async function withStore(
  { library, policy = "cacheLru({ minFreeBytes: 0 })", disk: makeDisk }: StoreMountOptions,
  use: (store: StoreMount) => Promise<void>,
): Promise<void> {
  const config = {
    driver: "mount-fuse",
    library,
    originOptions: { cache: true },
    imports: ['import { cacheLru, cacheSieve } from "musicfs/plugins";'],
    plugins: [policy],
  } as const;
  await withInstance(config, async (instance) => {
    const caches = join(instance.folder, "cache");
    const disk = await makeDisk?.(caches, instance.folder);
    const store: StoreMount = {
      instance,
      cacheDir: join(caches, "musicfs", "default"),
      get disk() {
        if (!disk) throw new Error("this store has no disk of its own");
        return disk;
      },
    };
    try {
      await use(store);
    } finally {
      // The disk below the cache can be unmounted only when nobody writes to it any more.
      await instance.endDaemons();
      await disk?.dispose();
    }
  });
}

export function cacheStats(instance: TestInstance): Promise<CacheStats> {
  return json<CacheStats>(instance, ["cache", "stats"]);
}

export function verifyCache(instance: TestInstance, ...flags: string[]): Promise<VerifyResult> {
  return json<VerifyResult>(instance, ["cache", "verify", ...flags]);
}

/** Waits until all of `files` are whole, cut and hashed. */
export async function settled(instance: TestInstance, files: number): Promise<CacheStats> {
  let last = "";
  return until(`${files} files are whole and cut`, async () => {
    const stats = await cacheStats(instance);
    const now = JSON.stringify([stats.wholeFiles, stats.chunks, stats.uniqueChunks, stats.storedBytes]);
    const isSettled = stats.wholeFiles >= files && stats.chunks > 0 && now === last;
    last = now;
    return isSettled ? stats : undefined;
  });
}

async function json<T>(instance: TestInstance, command: readonly string[]): Promise<T> {
  const { code, stdout, stderr } = await instance.cli([...command, "--json"], { deadlineMs: 300_000 });
  if (code !== 0) throw new Error(`musicfs ${command.join(" ")} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as T;
}
