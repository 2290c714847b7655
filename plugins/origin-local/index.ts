import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { definePlugin, originOptions, z } from "musicfs";
import { openLocalOrigin } from "./local-origin.js";
import { networkTypeAt } from "./network-mounts.js";
import { openNetworkOrigin } from "./network-origin.js";

const options = z.strictObject({
  /** `pollInterval` holds where the folder is not watched; the time limits on a network filesystem. */
  ...originOptions({ concurrency: 64 }),
  /** The folder that holds the music. Relative to the config file; `~` is the home folder. */
  path: z.string().min(1),
  /**
   * Whether symbolic links that lead out of `path` are followed. Links to what lies below `path` add
   * nothing in either case, since that is shown at its own place already. @default false
   */
  followSymlinks: z.boolean().default(false),
  /**
   * Whether the files are read through the content store: for a slow disk, a network filesystem, or one that is not
   * always there. @default `true` on a network filesystem, else `false`
   */
  cache: z.boolean().optional(),
  /**
   * Whether changes are noticed as they happen; `"auto"`: where the disk is this machine's own and the system
   * has watches enough. @default "auto"
   */
  watch: z.union([z.literal("auto"), z.literal(false)]).default("auto"),
});

/** Music in a folder of this machine; see README.md beside this file. */
export const originLocal = definePlugin({
  name: "origin-local",
  provides: ["origin"],
  options,
  instance: ({ id, path }) => id ?? path,
  setup({ hooks, configDir, log }, { id, path, followSymlinks, cache, watch, ...settings }) {
    if (!settings.enabled) return;
    const folder = resolvePath(path, configDir);
    const origin = { id: id ?? path, folder, followSymlinks, settings };
    hooks.openOrigin.tap(async () => {
      const type = cache === false ? undefined : await networkTypeAt(folder);
      return type === undefined
        ? openLocalOrigin({ ...origin, cache: cache ?? false, watch, log })
        : openNetworkOrigin({ ...origin, type });
    });
  },
});

function resolvePath(path: string, configDir: string): string {
  const expanded = path === "~" || path.startsWith("~/") ? join(homedir(), path.slice(1)) : path;
  return isAbsolute(expanded) ? resolve(expanded) : resolve(configDir, expanded);
}
