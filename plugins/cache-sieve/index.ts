import { definePlugin, duration, size, z } from "musicfs";
import { createS3Fifo } from "./s3-fifo.js";

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

/** Keeps what is used again, whatever else is read through once; see README.md beside this file. */
export const cacheSieve = definePlugin({
  name: "cache-sieve",
  provides: ["cache-policy"],
  options,
  setup({ hooks }, { maxBytes, minFreeBytes, useGap }) {
    hooks.provideCachePolicy.tap(() => createS3Fifo({ maxBytes, minFreeBytes, useGapMs: useGap }));
  },
});
