import type { StoreStats } from "../store/store.js";
import { byLabel, counter, gauge, histogram, type Metric, type Sample, single } from "./metric.js";
import type { MetricSources } from "./sources.js";

const EMPTY_STORE: StoreStats = {
  state: "off",
  maxBytes: 0,
  minFreeBytes: 0,
  files: 0,
  wholeFiles: 0,
  pinnedFiles: 0,
  logicalBytes: 0,
  storedBytes: 0,
  indexBytes: 0,
  chunks: 0,
  uniqueChunks: 0,
  ratio: 1,
  hits: 0,
  misses: 0,
  hitBytes: 0,
  originRequests: 0,
  originBytes: 0,
  bypassedBytes: 0,
  evictions: 0,
  evictedBytes: 0,
  corruptChunks: 0,
  deltaFiles: 0,
  deltaTakenBytes: 0,
  deltaFetchedBytes: 0,
  origins: [],
};

/** The content store. */
export function cacheMetrics({ storeStats }: MetricSources): Metric[] {
  const number = (of: (stats: StoreStats) => number) => (): Sample[] =>
    single(of(storeStats() ?? EMPTY_STORE));
  return [
    gauge(
      "musicfs_cache_up",
      "Whether what is read is kept; 0 also where no origin goes through the cache.",
      number(({ state }) => (state === "on" ? 1 : 0)),
    ),
    counter(
      "musicfs_cache_hits_total",
      "Reads that the cache answered alone.",
      number(({ hits }) => hits),
    ),
    counter(
      "musicfs_cache_misses_total",
      "Reads that had to ask an origin.",
      number(({ misses }) => misses),
    ),
    counter(
      "musicfs_cache_hit_bytes_total",
      "Bytes that came from the cache.",
      number(({ hitBytes }) => hitBytes),
    ),
    counter(
      "musicfs_cache_origin_bytes_total",
      "Bytes that origins sent into the cache.",
      number(({ originBytes }) => originBytes),
    ),
    counter(
      "musicfs_cache_origin_requests_total",
      "Requests that the cache made of origins.",
      number(({ originRequests }) => originRequests),
    ),
    counter(
      "musicfs_cache_bypassed_bytes_total",
      "Bytes that were served and not kept.",
      number(({ bypassedBytes }) => bypassedBytes),
    ),
    counter(
      "musicfs_cache_delta_files_total",
      "Files of which a new version took something from the one before.",
      number(({ deltaFiles }) => deltaFiles),
    ),
    counter(
      "musicfs_cache_delta_taken_bytes_total",
      "Bytes that new versions of files took from those before.",
      number(({ deltaTakenBytes }) => deltaTakenBytes),
    ),
    counter(
      "musicfs_cache_delta_fetched_bytes_total",
      "Bytes that origins sent of new versions which took others from those before.",
      number(({ deltaFetchedBytes }) => deltaFetchedBytes),
    ),
    counter(
      "musicfs_cache_evictions_total",
      "Files that were evicted.",
      number(({ evictions }) => evictions),
    ),
    counter(
      "musicfs_cache_evicted_bytes_total",
      "Bytes that were evicted.",
      number(({ evictedBytes }) => evictedBytes),
    ),
    counter(
      "musicfs_cache_corrupt_chunks_total",
      "Chunks that were not what their hash says, and were dropped.",
      number(({ corruptChunks }) => corruptChunks),
    ),
    gauge(
      "musicfs_cache_files",
      "Files of which anything is kept.",
      number(({ files }) => files),
    ),
    gauge(
      "musicfs_cache_logical_bytes",
      "Bytes of files that the cache can give.",
      number(({ logicalBytes }) => logicalBytes),
    ),
    gauge(
      "musicfs_cache_stored_bytes",
      "Bytes that they take on the disk.",
      number(({ storedBytes }) => storedBytes),
    ),
    gauge(
      "musicfs_cache_max_bytes",
      "Bytes that they may take.",
      number(({ maxBytes }) => maxBytes),
    ),
  ];
}

/** Search, and the stream of events. */
export function searchMetrics({ search, subscribers }: MetricSources): Metric[] {
  return [
    histogram("musicfs_search_duration_seconds", "How long searches took.", "engine", () => ({
      [search.engine ?? "none"]: search.latency,
    })),
    gauge("musicfs_search_indexed_tracks", "Tracks that the index has.", () =>
      single(search.progress.tracks),
    ),
    gauge("musicfs_search_up", "Whether searches are answered from all of the library, by state.", () =>
      byLabel("state", [[search.progress.state, search.progress.state === "ready" ? 1 : 0]]),
    ),
    gauge("musicfs_event_subscribers", "Who follows the stream of events.", () => single(subscribers())),
  ];
}
