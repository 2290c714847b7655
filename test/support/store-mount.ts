import { join } from "node:path";
import { callControl, streamControl } from "#core/control/client.js";
import { CacheState } from "#core/control/gen/musicfs/v1/cache_pb.js";
import { plainOf } from "#core/control/plain.js";
import { wordOf } from "#core/control/words.js";
import type { CacheDisk } from "./cache-disk.js";
import { type TestInstance, withInstance } from "./mount.js";
import { until } from "./process.js";

/** What the daemon tells of its cache, as far as tests look at it. */
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
  readonly deltaTakenBytes: number;
  readonly evictions: number;
  readonly corruptChunks: number;
}

/** What a check of the cache came to, as far as tests look at it. */
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
  /** @throws where the options have none. */
  disk(): CacheDisk;
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
      disk() {
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

export async function cacheStats(instance: TestInstance): Promise<CacheStats> {
  const { state, ...stats } = plainOf(
    await callControl(instance.socketPath, (client, options) => client.getCacheStats({}, options)),
  );
  return { ...stats, state: wordOf(CacheState, state) as CacheStats["state"] };
}

export async function verifyCache(instance: TestInstance, repair = false): Promise<VerifyResult> {
  let last: VerifyResult | undefined;
  const steps = streamControl(instance.socketPath, (client, options) =>
    client.verifyCache({ repair }, options),
  );
  for await (const { filesDone: files, corrupt, repaired } of steps) {
    last = plainOf({ files, corrupt, repaired });
  }
  if (!last) throw new Error("nothing was told of the check");
  return last;
}

/** Waits until all of `files` are whole, and nothing is cut or moved any more. */
export async function settled(instance: TestInstance, files: number): Promise<CacheStats> {
  let last = "";
  let same = 0;
  return until(`${files} files are whole and cut`, async () => {
    const stats = await cacheStats(instance);
    const now = JSON.stringify([stats.wholeFiles, stats.chunks, stats.uniqueChunks, stats.storedBytes]);
    same = now === last ? same + 1 : 0;
    last = now;
    return stats.wholeFiles >= files && same >= 2 ? stats : undefined;
  });
}
