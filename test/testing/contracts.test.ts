import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { CachePolicy, Chunker, OriginFile } from "musicfs";
import { cacheLru, cacheSieve, chunkerFastcdc, layoutArtistAlbum } from "musicfs/plugins";
import type { SearchEngine, SearchIndex } from "musicfs/search";
import {
  type ContractCase,
  type ContractSubject,
  cachePolicyContract,
  chunkerContract,
  layoutContract,
  type MakeSubject,
  originContract,
  runCase,
  runContract,
  type SampleFile,
  scanResistanceContract,
  searchContract,
  setUpPlugin,
} from "musicfs/testing";
import { pathsOf } from "../../core/library/track-places.js";
import { searchContains } from "../../examples/plugins/search-contains.js";
import { MemoryOrigin, memorySubject } from "./memory-origin.js";

describe("an origin in memory keeps the contract of an origin", () => {
  runContract(originContract, () => memorySubject((files) => new MemoryOrigin(files)), { test });
});

describe("the contract of an origin finds", () => {
  finds(originContract, "a file that is listed twice", /every file once/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { list } = origin;
      origin.list = async function* (signal) {
        yield* list.call(origin, signal);
        yield* list.call(origin, signal);
      };
      return origin;
    }),
  );
  finds(originContract, "a folder of whose files a listing by paths shows none", /all that is below/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { list } = origin;
      origin.list = async function* (signal: AbortSignal, paths?: readonly string[]) {
        for await (const batch of list.call(origin, signal)) {
          yield { ...batch, files: batch.files.filter(({ path }) => paths?.includes(path) ?? true) };
        }
      };
      return origin;
    }),
  );
  finds(originContract, "a path that is gone and ends a listing with an error", /or no longer/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { list } = origin;
      origin.list = async function* (signal: AbortSignal, paths: readonly string[] = []) {
        for (const path of paths) if (!origin.describe(path)) throw new Error(`there is no '${path}'`);
        yield* list.call(origin, signal);
      };
      return origin;
    }),
  );
  finds(originContract, "a watch that tells of other files", /watching tells/, () =>
    memorySubject((files) =>
      Object.assign(new MemoryOrigin(files), {
        async *watch() {
          yield { paths: [] };
          yield { paths: ["another.mp3"] };
        },
      }),
    ),
  );
  finds(originContract, "a listing in one piece", /batches of bounded size/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      origin.list = async function* () {
        yield {
          files: [...origin.files.keys()].map((path) => origin.describe(path) as OriginFile),
          unreadable: [],
        };
      };
      return origin;
    }),
  );
  finds(originContract, "old content under a new name", /changed is not served/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { read } = origin;
      origin.read = (file, ...rest) => read.call(origin, origin.describe(file.path) ?? file, ...rest);
      return origin;
    }),
  );
  finds(originContract, "a read that stops one byte early", /make up the whole|as it was written/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { read } = origin;
      origin.read = (file, from, length, signal) =>
        read.call(origin, file, from, Math.max(0, length - 1), signal);
      return origin;
    }),
  );
  finds(originContract, "a buffer that is used again", /the reader's own/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { read } = origin;
      const shared = new Uint8Array(8 * 1024 * 1024);
      origin.read = async (...args) => {
        const bytes = await read.apply(origin, args);
        shared.set(bytes);
        return shared.subarray(0, bytes.length);
      };
      return origin;
    }),
  );
  finds(originContract, "an abort that nobody hears", /ends a listing|ends list, stat and read/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { list } = origin;
      const deaf = new AbortController().signal;
      origin.list = () => list.call(origin, deaf);
      return origin;
    }),
  );
  finds(originContract, "an origin that an abort breaks", /hinders no later one/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { read } = origin;
      let isBroken = false;
      origin.read = async (file, from, length, signal) => {
        signal.addEventListener("abort", () => {
          isBroken = true;
        });
        await new Promise((resolve) => setImmediate(resolve));
        if (isBroken) throw signal.aborted ? signal.reason : new Error("broken");
        return read.call(origin, file, from, length, signal);
      };
      return origin;
    }),
  );
  finds(
    originContract,
    "a server that is frozen, and read all the same",
    /although the server stands still/,
    () => ({
      ...memorySubject((files) => new MemoryOrigin(files)),
      freeze: () => () => undefined,
    }),
  );
  finds(
    originContract,
    "a server that stands still and is called something else",
    /stands still is unavailable/,
    () => {
      let isFrozen = false;
      const subject = memorySubject((files) => {
        const origin = new MemoryOrigin(files);
        const { read } = origin;
        origin.read = async (...args) => {
          if (isFrozen) throw new Error("it takes too long");
          return read.apply(origin, args);
        };
        return origin;
      });
      const freeze = (): (() => void) => {
        isFrozen = true;
        return () => undefined;
      };
      return { ...subject, freeze };
    },
  );
  finds(originContract, "a change that is told like any other error", /told by the kind/, () =>
    memorySubject((files) => {
      const origin = new MemoryOrigin(files);
      const { read } = origin;
      origin.read = (...args) =>
        read.apply(origin, args).catch((error: Error) => {
          throw new Error(error.message);
        });
      return origin;
    }),
  );
  finds(originContract, "a probe that always passes", /a probe passes/, () => {
    const probed = (files: readonly SampleFile[]): MemoryOrigin =>
      Object.assign(new MemoryOrigin(files), { probe: async () => undefined });
    return memorySubject(probed, () => probed([]));
  });
  finds(originContract, "a missing root that looks empty", /a root that is missing/, () =>
    memorySubject(
      (files) => new MemoryOrigin(files),
      () => new MemoryOrigin([]),
    ),
  );
});

describe("the contract of a layout finds", () => {
  const layout = async (place: (path: readonly string[], calls: number) => readonly string[]) => {
    const plugin = await setUpPlugin(layoutArtistAlbum());
    let calls = 0;
    return {
      ...plugin,
      placeTrack: (track: Parameters<typeof plugin.placeTrack>[0]) =>
        place(pathsOf(plugin.placeTrack(track))[0] ?? [track.path], ++calls),
    };
  };
  finds(layoutContract, "a place that depends on what came before", /always has the same place/, () =>
    layout((path, calls) => [...path.slice(0, -1), `${calls} ${path.at(-1)}`]),
  );
  finds(
    layoutContract,
    "a tree that depends on the order of the scan",
    /whatever the order of the scan/,
    () => layout((path, calls) => [`${calls % 400}`, ...path]),
  );
  finds(layoutContract, "folders made of tags", /adds no folder/, () =>
    layout((path) => path.join("/").split("/")),
  );
  finds(layoutContract, "an empty path", /at least one text/, () =>
    layout((path) => (path.at(-1)?.includes("..") ? [] : path)),
  );
  finds(layoutContract, "a name without its extension", /ends in the track's extension/, () =>
    layout((path) => path.map((name) => name.replace(/\.\w+$/, ""))),
  );
});

describe("the contract of a chunker finds", () => {
  const chunker = async (sabotage: (honest: Chunker) => Partial<Chunker>) => {
    const plugin = await setUpPlugin(chunkerFastcdc());
    const honest = await plugin.chunker();
    const made = (): Chunker => ({ ...honest, ...sabotage(honest) });
    return { chunker: made(), twin: made(), averageBytes: 65_536, close: plugin.close };
  };
  finds(chunkerContract, "cuts that depend on the offset", /depends on the bytes/, () =>
    chunker(({ cut }) => ({
      cut: (bytes, from, to) => {
        const size = cut(bytes, from, to);
        return from % 2 === 1 && size > 1 && to - from > 16_384 ? size - 1 : size;
      },
    })),
  );
  finds(chunkerContract, "a look at bytes behind the end", /depends on the bytes/, () =>
    chunker(({ cut }) => ({
      cut: (bytes, from, to) => Math.min(to - from, cut(bytes, from, bytes.length) - ((bytes[to] ?? 0) & 1)),
    })),
  );
  finds(chunkerContract, "chunks of a fixed size", /leave the chunks after them/, () =>
    chunker(() => ({ cut: (_bytes, from, to) => Math.min(65_536, to - from) })),
  );
  finds(chunkerContract, "a chunk that is too big", /none is empty or too big/, () =>
    chunker(() => ({ maxBytes: 70_000 })),
  );
  finds(chunkerContract, "a source that makes another chunker", /a thread makes of its source/, () =>
    chunker(({ source }) => ({
      source: { ...source, options: { minBytes: 4096, averageBytes: 65_536, maxBytes: 262_144 } },
    })),
  );
  finds(chunkerContract, "memory of earlier calls", /cut alike/, () =>
    chunker(({ cut }) => {
      let last = 0;
      return {
        cut: (bytes, from, to) => {
          const odd = last % 2;
          last = cut(bytes, from, to);
          return Math.max(1, last - odd);
        },
      };
    }),
  );
  finds(chunkerContract, "input that is written to", /not written to/, () =>
    chunker(({ cut }) => ({
      cut: (bytes, from, to) => {
        const size = cut(bytes, from, to);
        bytes[from] = 0;
        return size;
      },
    })),
  );
});

describe("the contract of a cache policy finds", () => {
  const policy = async (sabotage: (honest: CachePolicy) => Partial<CachePolicy>) => {
    const plugin = await setUpPlugin(cacheLru());
    const honest = await plugin.cachePolicy();
    return { policy: { ...honest, ...sabotage(honest) }, close: plugin.close };
  };
  finds(cachePolicyContract, "a file that is never a victim", /exactly once/, () =>
    policy(({ victims }) => ({ victims: (nowMs) => [...victims(nowMs)].slice(1) })),
  );
  finds(cachePolicyContract, "a victim that is named twice", /exactly once/, () =>
    policy(({ victims }) => ({ victims: (nowMs) => [...victims(nowMs), ...victims(nowMs)] })),
  );
  finds(cachePolicyContract, "a file that it does not forget", /left is no victim/, () =>
    policy(() => ({ removed: () => undefined })),
  );
  finds(cachePolicyContract, "victims that are gone once they were named", /evicts nothing/, () =>
    policy(({ victims, removed }) => ({
      *victims(nowMs) {
        for (const key of victims(nowMs)) {
          removed(key);
          yield key;
        }
      },
    })),
  );
  finds(cachePolicyContract, "a file that it learns of by a read", /never heard of/, () =>
    policy(({ added }) => ({ touched: (key, nowMs) => added({ key, sizeBytes: 1 }, nowMs) })),
  );
  finds(cachePolicyContract, "a limit that is none", /limits are finite/, () =>
    policy(() => ({ maxBytes: Number.POSITIVE_INFINITY })),
  );
  finds(cachePolicyContract, "a file that is there twice when it is added twice", /added again/, () =>
    policy(({ added, removed, victims }) => {
      const times = new Map<number, number>();
      return {
        added: (item, nowMs) => {
          times.set(item.key, (times.get(item.key) ?? 0) + 1);
          added(item, nowMs);
        },
        removed: (key) => {
          const left = (times.get(key) ?? 0) - 1;
          times.set(key, left);
          if (left <= 0) removed(key);
        },
        victims,
      };
    }),
  );
  finds(cachePolicyContract, "victims that were listed before they were asked for", /come, go and are/, () =>
    policy(({ victims }) => ({ victims: (nowMs) => [...victims(nowMs)] })),
  );
  finds(cachePolicyContract, "a walk that ends where a file left", /come, go and are/, () =>
    policy(({ victims, removed }) => {
      let hasLeft = false;
      return {
        removed: (key) => {
          hasLeft = true;
          removed(key);
        },
        *victims(nowMs) {
          hasLeft = false;
          for (const key of victims(nowMs)) {
            yield key;
            if (hasLeft) return;
          }
        },
      };
    }),
  );
});

describe("the contract of scan resistance finds", () => {
  const policy = async (plugin: Parameters<typeof setUpPlugin>[0]) => {
    const { cachePolicy, close } = await setUpPlugin(plugin);
    return { policy: await cachePolicy(), close };
  };
  finds(scanResistanceContract, "what was read last for what is played", /outlives a library/, () =>
    policy(cacheLru()),
  );
  finds(scanResistanceContract, "pieces of one read for uses", /in many pieces/, () =>
    policy(cacheSieve({ useGap: 0 })),
  );
  finds(scanResistanceContract, "favourites for ever", /comes to take the place/, async () => {
    const { policy: honest, close } = await policy(cacheSieve());
    // Once used again, a file is named last, whatever comes.
    const used = new Set<number>();
    const isUsed = (key: number): boolean => used.has(key);
    const stubborn: CachePolicy = {
      maxBytes: honest.maxBytes,
      minFreeBytes: honest.minFreeBytes,
      admits: (item) => honest.admits(item),
      added: (item, nowMs) => honest.added(item, nowMs),
      touched: (key, nowMs) => {
        if (used.size < 100) used.add(key);
        honest.touched(key, nowMs);
      },
      removed: (key) => honest.removed(key),
      victims: (nowMs) => {
        const keys = [...honest.victims(nowMs)];
        return [...keys.filter((key) => !isUsed(key)), ...keys.filter(isUsed)];
      },
    };
    return { policy: stubborn, close };
  });
});

describe("the contract of a search engine finds", () => {
  const engine = async (sabotage: (honest: SearchIndex) => Partial<SearchIndex>) => {
    const plugin = await setUpPlugin(searchContains());
    const honest = await plugin.searchEngine();
    const open: SearchEngine["open"] = async (session) => {
      const index = await honest.open(session);
      // Its progress is a getter, and must stay one.
      return Object.create(index, Object.getOwnPropertyDescriptors(sabotage(index)));
    };
    return { engine: { name: honest.name, open }, patienceMs: 500, close: plugin.close };
  };
  finds(searchContract, "a field that is passed over", /holds a search to itself/, () =>
    engine((index) => ({
      search: (query, ...rest) =>
        index.search(query.kind === "word" ? { ...query, field: "title" } : query, ...rest),
    })),
  );
  finds(searchContract, "one hit too many", /never more hits than asked for/, () =>
    engine((index) => ({ search: (query, limit, signal) => index.search(query, limit + 1, signal) })),
  );
  finds(searchContract, "the worst first", /title comes before/, () =>
    engine((index) => ({
      search: async (...args) => ({ hits: [...(await index.search(...args)).hits].reverse() }),
    })),
  );
  finds(searchContract, "an engine that does not follow", /follows the library/, () =>
    engine(() => ({ follow: () => undefined })),
  );
  finds(searchContract, "an index that is ready before it is", /how far it is/, () =>
    engine(() => ({ progress: { state: "ready", tracks: 0 } })),
  );
  finds(searchContract, "an abort that nobody hears", /aborted signal/, () =>
    engine((index) => ({
      search: (query, limit) => index.search(query, limit, new AbortController().signal),
    })),
  );
  finds(searchContract, "exclusions that are forgotten", /AND, OR, NOT/, () =>
    engine((index) => ({
      search: (query, ...rest) =>
        index.search(query.kind === "all" ? { ...query, except: [] } : query, ...rest),
    })),
  );
});

/** Registers a test that runs all cases on a broken subject, and sees that one whose name matches fails. */
function finds<Subject extends ContractSubject>(
  cases: readonly ContractCase<Subject>[],
  what: string,
  caseName: RegExp,
  makeSubject: MakeSubject<NoInfer<Subject>>,
): void {
  test(what, async () => {
    const meant = cases.filter(({ name }) => caseName.test(name));
    const outcomes = await Promise.allSettled(
      meant.map((contractCase) => runCase(contractCase, makeSubject)),
    );
    assert.ok(
      outcomes.some(({ status }) => status === "rejected"),
      `none of these failed: ${meant.map(({ name }) => name).join(", ") || "no case has such a name"}`,
    );
  });
}
