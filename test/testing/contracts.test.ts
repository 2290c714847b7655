import { describe } from "node:test";
import type { CachePolicy, Chunker } from "musicfs";
import { cacheLru, cacheSieve, chunkerFastcdc, layoutArtistAlbum } from "musicfs/plugins";
import type { SearchEngine, SearchIndex } from "musicfs/search";
import {
  cachePolicyContract,
  chunkerContract,
  layoutContract,
  scanResistanceContract,
  searchContract,
  setUpPlugin,
} from "musicfs/testing";
import { pathsOf } from "../../core/library/track-places.js";
import { searchContains } from "../../examples/plugins/search-contains.js";
import { finds } from "./finds.js";

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
