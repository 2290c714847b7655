import { definePlugin, size, z } from "musicfs";
import { createFastcdc } from "./fastcdc.js";

const chunkSize = () => size({ minBytes: 1024, maxBytes: 16 * 1024 * 1024 });

const options = z
  .strictObject({
    /** Smallest chunk; only the last one of a file may be smaller. @default "16 KiB" */
    min: chunkSize().prefault("16 KiB"),
    /** Size of most chunks, a power of two. @default "64 KiB" */
    avg: chunkSize()
      .refine((bytes) => Number.isInteger(Math.log2(bytes)), { message: "must be a power of two" })
      .prefault("64 KiB"),
    /** Greatest chunk. @default "256 KiB" */
    max: chunkSize().prefault("256 KiB"),
  })
  .superRefine(({ min, avg, max }, context) => {
    const refuse = (key: string, message: string): void =>
      context.addIssue({ code: "custom", path: [key], message });
    if (min >= avg) refuse("min", "must be smaller than avg");
    if (max <= avg) refuse("max", "must be greater than avg");
  });

/** Cuts files where their content says so, so that an edited tag costs one chunk; see README.md beside this file. */
export const chunkerFastcdc = definePlugin({
  name: "chunker-fastcdc",
  provides: ["chunker"],
  options,
  setup({ hooks }, { min, avg, max }) {
    hooks.provideChunker.tap(() => createFastcdc({ minBytes: min, averageBytes: avg, maxBytes: max }));
  },
});
