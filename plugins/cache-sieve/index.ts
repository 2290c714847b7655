import { definePlugin, duration, size, z } from "musicfs";
import { S3Fifo, type S3FifoLimits } from "./s3-fifo.js";

const options = z.strictObject({
  /** Most that the cache may hold on the disk, in bytes or as text. @default "10 GiB" */
  maxBytes: size({ minBytes: 1 }).prefault("10 GiB"),
  /** What must stay free on the cache's disk, in bytes or as text; 0 for nothing. @default "1 GiB" */
  minFreeBytes: size().prefault("1 GiB"),
  /**
   * Reads of a file with less than this between them are one use of it; milliseconds or text such as
   * `"10 min"`. @default "10 min"
   */
  useGap: duration().prefault("10 min"),
});

type Options = z.output<typeof options>;

/** Keeps what is used again, whatever else is read through once; see README.md beside this file. */
export const cacheSieve = definePlugin({
  name: "cache-sieve",
  provides: ["cache-policy"],
  options,
  setup(context, given) {
    const policy = new S3Fifo(limitsOf(given));
    context.hooks.provideCachePolicy.tap(() => policy);
    context.onReload<Options>(["maxBytes", "minFreeBytes", "useGap"], (changed) =>
      policy.configure(limitsOf(changed)),
    );
  },
});

function limitsOf({ maxBytes, minFreeBytes, useGap }: Options): S3FifoLimits {
  return { maxBytes, minFreeBytes, useGapMs: useGap };
}
