import { definePlugin, duration, size, z } from "musicfs";
import { createLru, type LruLimits } from "./lru.js";

const options = z.strictObject({
  /** Most that the cache may hold on the disk, in bytes or as text. @default "10 GiB" */
  maxBytes: size({ minBytes: 1 }).prefault("10 GiB"),
  /** What must stay free on the cache's disk, in bytes or as text; 0 for nothing. @default "1 GiB" */
  minFreeBytes: size().prefault("1 GiB"),
  /**
   * Files that entered the cache longer ago than this go within a minute, however often they are read;
   * milliseconds or text such as `"30 d"`. @default no such age
   */
  maxAge: duration({ minMs: 1 }).optional(),
});

type Options = z.output<typeof options>;

/** Evicts what nobody has read for the longest time; see README.md beside this file. */
export const cacheLru = definePlugin({
  name: "cache-lru",
  provides: ["cache-policy"],
  options,
  setup(context, given) {
    let limits = limitsOf(given);
    context.hooks.provideCachePolicy.tap(() => createLru(() => limits));
    context.onReload<Options>(["maxBytes", "minFreeBytes", "maxAge"], (changed) => {
      limits = limitsOf(changed);
    });
  },
});

function limitsOf({ maxBytes, minFreeBytes, maxAge }: Options): LruLimits {
  return { maxBytes, minFreeBytes, maxAgeMs: maxAge };
}
