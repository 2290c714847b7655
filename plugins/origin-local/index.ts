import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { definePlugin, duration, z } from "musicfs";
import { openLocalOrigin } from "./local-origin.js";

const options = z.strictObject({
  /** The folder that holds the music. Relative to the config file; `~` is the home folder. */
  path: z.string().min(1),
  /** Names the origin in the catalogue; two origins need two ids. @default the path as written here */
  id: z.string().min(1).max(200).optional(),
  /**
   * Whether symbolic links that lead out of `path` are followed. Links to what lies below `path` add
   * nothing in either case, since that is shown at its own place already. @default false
   */
  followSymlinks: z.boolean().default(false),
  /**
   * Whether the files are read through the content store: for a slow disk, a network filesystem, or one that is not
   * always there. @default false
   */
  cache: z.boolean().default(false),
  /**
   * Whether changes are noticed as they happen; `"auto"`: where the disk is this machine's own and the system
   * has watches enough. @default "auto"
   */
  watch: z.union([z.literal("auto"), z.literal(false)]).default("auto"),
  /**
   * How often the folder is looked through where it is not watched: milliseconds, or text such as `"5 min"`;
   * a tenth more or less each time. `0` for never. @default "5 min"
   */
  pollInterval: duration({ minMs: 0, maxMs: 7 * 86_400_000 }).default(300_000),
});

/** Music in a folder of this machine; see README.md beside this file. */
export const originLocal = definePlugin({
  name: "origin-local",
  provides: ["origin"],
  options,
  instance: ({ id, path }) => id ?? path,
  setup({ hooks, configDir, log }, { id, path, ...rest }) {
    const folder = resolvePath(path, configDir);
    hooks.openOrigin.tap(() => openLocalOrigin({ id: id ?? path, folder, log, ...rest }));
  },
});

function resolvePath(path: string, configDir: string): string {
  const expanded = path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
  return isAbsolute(expanded) ? resolve(expanded) : resolve(configDir, expanded);
}
