import { appendFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { definePlugin, z } from "musicfs";

/**
 * Writes down what was added to the library, what changed and what went: one JSON object a line, such as
 * `{"time":"2026-01-31T12:00:00.000Z","added":"/Artist/Album/01 - Title.flac"}`.
 */
export const changeLog = definePlugin({
  name: "change-log",
  options: z.strictObject({
    /** File to append to, relative to the config. @default "changes.jsonl" in the plugin's state folder */
    file: z.string().min(1).optional(),
  }),
  setup({ hooks, log, configDir, stateDir }, { file }) {
    const path = file === undefined ? join(stateDir(), "changes.jsonl") : resolve(configDir, file);
    // Events may overlap; the lines of one batch stay together, and batches in their order.
    let written = Promise.resolve();
    const append = (lines: readonly object[]): Promise<void> => {
      const time = new Date().toISOString();
      const text = lines.map((line) => `${JSON.stringify({ time, ...line })}\n`).join("");
      const mine = written.then(() => appendFile(path, text, { mode: 0o600 }));
      written = mine.catch(() => undefined);
      return mine;
    };

    hooks.libraryChanged.tap(({ added, changed, removed }) =>
      append([
        ...added.map((added) => ({ added })),
        ...changed.map((changed) => ({ changed })),
        ...removed.map((removed) => ({ removed })),
      ]),
    );
    hooks.scanCompleted.tap(({ originId, added, changed, removed, durationMs }) =>
      log.info(
        `${originId}: ${added} added, ${changed} changed, ${removed} removed in ${durationMs} ms: ${path}`,
      ),
    );
  },
});
