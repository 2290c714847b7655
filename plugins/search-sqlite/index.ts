import { definePlugin, duration, z } from "musicfs";

/** Finds tracks by words, by SQLite's FTS5 in a thread of its own; see README.md beside this file. */
export const searchSqlite = definePlugin({
  name: "search-sqlite",
  provides: ["search"],
  options: z.strictObject({
    /** Longest that one search may take, in milliseconds or as text. @default "5 s" */
    timeout: duration({ minMs: 100, maxMs: 60_000 }).prefault("5 s"),
  }),
  setup({ hooks }, { timeout }) {
    // Loaded when it is chosen: a config imports every plugin that comes with MusicFS.
    hooks.provideSearch.tap(async () => {
      const { openSqlite } = await import("./sqlite-index.js");
      return { name: "search-sqlite", open: async (session) => openSqlite(session, { timeoutMs: timeout }) };
    });
  },
});
