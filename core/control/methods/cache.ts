import { isMusicfsError, MusicfsError, messageOf } from "../../errors.js";
import type { FilePlace, Store, StoreProgress } from "../../store/store.js";
import { StoreTree } from "../../store/store-tree.js";
import { progressMessage, removalMessage, statsMessage, widen } from "../cache-messages.js";
import type { ControlContext } from "../context.js";
import type { Methods } from "../methods.js";
import { progressStream } from "../progress-stream.js";
import { requireOrigin } from "../require-origin.js";

/** Entries of a message: it stays far below a megabyte. */
const PAGE = 200;
const MAX_FAILURES = 1000;
const NOTHING_YET: StoreProgress = { doneFiles: 0, totalFiles: 0, doneBytes: 0, totalBytes: 0 };

type CacheMethods = Pick<
  Methods,
  | "getCacheStats"
  | "getCacheUsage"
  | "clearCache"
  | "prefetch"
  | "verifyCache"
  | "collectCacheGarbage"
  | "listCachePins"
  | "pinCache"
  | "unpinCache"
>;

export function cacheMethods(context: ControlContext): CacheMethods {
  const { catalogue, origins, config } = context;
  const requireStore = (): Store => {
    if (context.store) return context.store;
    throw new MusicfsError("MFS_STORE_UNUSED", "no origin of this instance goes through the cache");
  };
  const requireTree = (): StoreTree => new StoreTree(requireStore(), catalogue, origins, config.mountpoint);

  return {
    getCacheStats: () => statsMessage(requireStore().stats()),

    async *getCacheUsage({ path = "/", depth = 1 }, { signal }) {
      const entries = await requireTree().usage(path, depth, signal);
      for (const page of pagesOf(entries)) {
        yield { entries: page.map(({ path, ...counted }) => ({ path, ...widen(counted) })) };
      }
    },

    async clearCache({ originId, pinned, dryRun }, { signal }) {
      if (originId !== undefined) requireOrigin(origins, originId);
      const options = { pinned, dryRun, ...(originId === undefined ? {} : { originId }) };
      return removalMessage(await requireStore().clear(options, signal));
    },

    async *prefetch({ paths }, { signal }) {
      yield* warm(requireStore(), requireTree(), paths, signal);
    },

    async *verifyCache({ repair }, { signal }) {
      const store = requireStore();
      const stream = progressStream<StoreProgress, Awaited<ReturnType<Store["verify"]>>>(
        (onProgress, stop) => store.verify({ repair, onProgress }, stop),
        signal,
      );
      for await (const step of stream) {
        if ("progress" in step) yield progressMessage(step.progress);
        else {
          const { files, bytes, corrupt, repaired, damaged } = step.result;
          yield {
            ...widen({ filesDone: files, filesTotal: files, bytesDone: bytes, bytesTotal: bytes }),
            ...widen({ corrupt, repaired }),
            damaged: damaged.map(({ originId, path }) => ({ originId, path })),
            done: true,
          };
        }
      }
    },

    async collectCacheGarbage({ dryRun }, { signal }) {
      return removalMessage(await requireStore().gc({ dryRun }, signal));
    },

    async *listCachePins(_, { signal }) {
      const tree = requireTree();
      for await (const { originId, path } of tree.pins(signal)) {
        yield { pins: [{ path: tree.pathOf({ originId, path }) ?? "", file: { originId, path } }] };
      }
    },

    async pinCache({ path }, { signal }) {
      const store = requireStore();
      const { places, bytes } = await requireTree().placesBelow(path, signal, store.stats().maxBytes);
      return widen({ files: places.length, changedFiles: store.pin(places), totalBytes: bytes });
    },

    async unpinCache({ path, dryRun }, { signal }) {
      const store = requireStore();
      const tree = requireTree();
      const { places } = await tree.placesBelow(path, signal);
      const changedFiles = dryRun ? await tree.pinnedBelow(path, signal) : store.unpin(places);
      return widen({ files: places.length, changedFiles });
    },
  };
}

/** What lies at the paths is fetched; those that name nothing are failures, and don't keep the others from it. */
async function* warm(
  store: Store,
  tree: StoreTree,
  paths: readonly string[],
  signal: AbortSignal,
): ReturnType<CacheMethods["prefetch"]> {
  yield progressMessage(NOTHING_YET);
  const failures: { path: string; reason: string }[] = [];
  const places = new Map<string, FilePlace>();
  for (const path of paths) {
    try {
      const found = await tree.placesBelow(path, signal, store.stats().maxBytes);
      for (const place of found.places) places.set(`${place.originId}\0${place.path}`, place);
    } catch (error) {
      if (!isMusicfsError(error)) throw error;
      failures.push({ path, reason: messageOf(error) });
    }
  }
  const stream = progressStream<StoreProgress, Awaited<ReturnType<Store["warm"]>>>(
    (onProgress, stop) => store.warm([...places.values()], onProgress, stop),
    signal,
  );
  for await (const step of stream) {
    if ("progress" in step) {
      yield progressMessage(step.progress);
      continue;
    }
    const { files, bytes, fetchedBytes, failed } = step.result;
    failures.push(...failed.map((one) => ({ path: tree.pathOf(one) ?? one.path, reason: one.reason })));
    yield {
      ...widen({
        filesDone: files,
        filesTotal: places.size,
        bytesDone: bytes,
        bytesTotal: bytes,
        fetchedBytes,
      }),
      failures: failures.slice(0, MAX_FAILURES),
      done: true,
    };
  }
}

function* pagesOf<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let from = 0; from < items.length; from += PAGE) yield items.slice(from, from + PAGE);
}
