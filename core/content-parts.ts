import { join } from "node:path";
import type { Catalogue } from "./catalogue/catalogue.js";
import { type FileRow, versionedFile } from "./catalogue/files.js";
import type { Config } from "./config/config.js";
import { ReadThrough } from "./content/read-through.js";
import { StoreOperations } from "./content/store-operations.js";
import { MusicfsError } from "./errors.js";
import type { Instance } from "./instance.js";
import { directAccessOf, type LibraryOrigin } from "./library/library-origin.js";
import type { Logger } from "./logger.js";
import type { Mount } from "./model/mount-driver.js";
import type { GuardedOrigin } from "./origins/guards.js";
import { Replicas } from "./origins/replicas.js";
import { createBlobTableMemory } from "./store/blob-table.js";
import { ContentStore } from "./store/content-store.js";
import type { Store } from "./store/store.js";

/** What reads of files that are not opened on this disk go through. */
export interface ContentParts {
  readonly store: ContentStore;
  /** What the store offers to those who operate it. */
  readonly operations: Store;
  readonly reading: ReadThrough;
  /** What cuts files. */
  readonly chunkerId: string;
  readonly replicas: Replicas;
  /** Memory of the table of cached files. */
  readonly blobs: SharedArrayBuffer;
  /** Reads a file of the catalogue, as its readers do. */
  readFile(row: FileRow, offsetBytes: number, lengthBytes: number, signal: AbortSignal): Promise<Uint8Array>;
  /** Tells which inodes the kernel reads by itself; to be called once the mount is there. */
  setMount(mount: Mount): void;
  close(): Promise<void>;
}

/**
 * Opens the content store for the origins whose files are read through it.
 *
 * @returns `undefined` when there are none: then the cache's folder is not looked at.
 * @throws MusicfsError naming what is wrong with the cache's folder, or that no plugin gives a policy.
 */
export async function openContentParts(
  config: Config,
  instance: Instance,
  catalogue: Catalogue,
  origins: readonly GuardedOrigin[],
  log: Logger,
): Promise<ContentParts | undefined> {
  const cached = origins.filter(({ origin }) => !directAccessOf(origin));
  if (cached.length === 0) return undefined;
  const { hooks, signal } = instance;
  const policy = await hooks.provideCachePolicy.call(signal);
  if (!policy) throw lacking("a cache policy", "cacheLru()");
  const chunker = await hooks.provideChunker.call(signal);
  if (!chunker) throw lacking("a chunker", "chunkerFastcdc()");
  const originIds = new Map(origins.map(({ number, origin }) => [number, origin.id]));
  const blobs = createBlobTableMemory();
  let mount: Mount | undefined;
  const store = new ContentStore({
    folder: join(config.cacheDir, "store"),
    library: config.stateDir,
    policy,
    chunker,
    table: blobs,
    originLimits: new Map(
      origins.flatMap(({ origin, guard }) => {
        const { keep } = guard.settings;
        return typeof keep === "number" ? [[origin.id, keep] as const] : [];
      }),
    ),
    log,
    signal,
    isPinned: ({ originId, file }) => catalogue.pins.has({ originId, path: file.path }),
    isPassedThrough: (ino, revision) => mount?.isPassedThrough?.(ino, revision) ?? false,
    onEvicted: (eviction) => void hooks.cacheEvicted.call(eviction),
    onCorrupt: (repair) => void hooks.corruptionRepaired.call(repair),
  });
  const { samples } = config.delta;
  const replicas = new Replicas({ catalogue, store, origins, samples, log, signal });
  hooks.scanCompleted.follow(() => replicas.sweep());
  const direct = new Map(
    origins.flatMap(({ number, origin }) => (directAccessOf(origin) ? [[number, origin] as const] : [])),
  );
  const reading = new ReadThrough({
    store,
    reader: (version) => replicas.reader(version),
    keeps: (originId) => origins.find(({ origin }) => origin.id === originId)?.guard.settings.keep !== false,
    delta: config.delta,
    log,
    signal,
  });
  const operations = new StoreOperations({
    catalogue,
    store,
    reading,
    policy,
    originNumbers: numbersOf(origins),
    cachedOrigins: numbersOf(cached),
  });
  store.begin();
  return {
    store,
    operations,
    reading,
    chunkerId: chunker.id,
    replicas,
    blobs,
    async readFile(row, offsetBytes, lengthBytes, readSignal) {
      const opened = direct.get(row.originNumber);
      if (opened) return opened.read(versionedFile(row), offsetBytes, lengthBytes, readSignal);
      const originId = originIds.get(row.originNumber) ?? "";
      return reading.file({ originId, file: versionedFile(row) }).read(offsetBytes, lengthBytes, readSignal);
    },
    setMount(made) {
      mount = made;
    },
    close: () => store.close(),
  };
}

function numbersOf(origins: readonly LibraryOrigin[]): Map<string, number> {
  return new Map(origins.map(({ number, origin }) => [origin.id, number]));
}

function lacking(what: string, example: string): MusicfsError {
  return new MusicfsError("MFS_CONFIG_INVALID", `no plugin of the config gives ${what}`, {
    hint: `Add ${example} to "plugins".`,
  });
}
