import type { MessageInitShape } from "@bufbuild/protobuf";
import type { Removal, StoreProgress, StoreStats } from "../store/store.js";
import { CacheState, type GetCacheStatsResponseSchema } from "./gen/musicfs/v1/cache_pb.js";

/** An object whose whole numbers are 64-bit ones, as the protos have them. */
type Wide<T> = { readonly [Key in keyof T]: bigint };

/** Takes numbers of an object to the width that the protos have. */
export function widen<T extends { readonly [Key in keyof T]: number }>(numbers: T): Wide<T> {
  const wide = Object.entries<number>(numbers).map(([key, value]) => [key, BigInt(Math.round(value))]);
  return Object.fromEntries(wide) as Wide<T>;
}

export function statsMessage(stats: StoreStats): MessageInitShape<typeof GetCacheStatsResponseSchema> {
  const { state, reason, ratio, origins, ...counts } = stats;
  return {
    ...widen(counts),
    state: state === "on" ? CacheState.ON : CacheState.OFF,
    ...(reason === undefined ? {} : { problem: reason }),
    ratio,
    origins: origins.map(({ originId, ...counted }) => ({ originId, ...widen(counted) })),
  };
}

export function removalMessage({ files, bytes }: Removal): Wide<Removal> {
  return widen({ files, bytes });
}

export function progressMessage(progress: StoreProgress): {
  readonly filesDone: bigint;
  readonly filesTotal: bigint;
  readonly bytesDone: bigint;
  readonly bytesTotal: bigint;
} {
  const { doneFiles, totalFiles, doneBytes, totalBytes } = progress;
  return widen({
    filesDone: doneFiles,
    filesTotal: totalFiles,
    bytesDone: doneBytes,
    bytesTotal: totalBytes,
  });
}
