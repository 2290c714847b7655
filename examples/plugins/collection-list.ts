import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { definePlugin, z } from "musicfs";

/** Lines of a list that are looked at. */
const MAX_LINES = 10_000;

/**
 * A folder below `/Collections` with the tracks that a text file names: one path in the origin a line, in the order
 * that they shall have. Lines with `#` in front are remarks; what the library does not have is left out.
 */
export const collectionList = definePlugin({
  name: "collection-list",
  options: z.strictObject({
    /** Name of the folder. */
    name: z.string().min(1),
    /** The list, relative to the config. */
    file: z.string().min(1),
    /** Id of the origin that the paths are in. */
    origin: z.string().min(1),
  }),
  instance: ({ name }) => name,
  setup({ hooks, configDir }, { name, file, origin }) {
    hooks.openCollection.tap(() => ({
      name,
      collection: {
        kind: "list",
        limit: 1000,
        async select(source) {
          const paths = await linesOf(resolve(configDir, file));
          return paths.flatMap((path) => source.trackAt(origin, path) ?? []);
        },
      },
    }));
  },
});

async function linesOf(path: string): Promise<string[]> {
  const lines: string[] = [];
  const file = await open(path);
  try {
    for await (const line of file.readLines()) {
      if (line !== "" && !line.startsWith("#")) lines.push(line);
      if (lines.length === MAX_LINES) break;
    }
  } finally {
    await file.close();
  }
  return lines;
}
