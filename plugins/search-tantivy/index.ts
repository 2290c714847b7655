import { definePlugin, duration, z } from "musicfs";

/** Finds tracks by words, by tantivy in a process of its own; see README.md beside this file. */
export const searchTantivy = definePlugin({
  name: "search-tantivy",
  provides: ["search"],
  options: z.strictObject({
    /** Longest that one search may take, in milliseconds or as text; its process is ended then. @default "2 s" */
    timeout: duration({ minMs: 100, maxMs: 60_000 }).prefault("2 s"),
  }),
  setup({ hooks }, { timeout }) {
    // Loaded when it is chosen: a config imports every plugin that comes with MusicFS.
    hooks.provideSearch.tap(async () => {
      const { createTantivyEngine } = await import("./engine.js");
      return createTantivyEngine({ timeoutMs: timeout });
    });
  },
});
