import { realpathSync } from "node:fs";
import { basename, dirname, join, sep } from "node:path";
import { MusicfsError } from "../errors.js";
import type { Config } from "./config.js";

/**
 * Sees that the mountpoint neither lies in a folder that MusicFS reads or writes, nor holds one: a daemon
 * that waits for its own mount waits for ever. Links are resolved.
 *
 * @param originRoots folders of this machine that the origins read.
 * @throws `MFS_CONFIG_INVALID` naming every folder that is in the way.
 */
export function checkOverlaps(
  config: Pick<Config, "mountpoint" | "cacheDir" | "stateDir" | "runtimeDir">,
  originRoots: readonly string[],
): void {
  const mountpoint = realPathOf(config.mountpoint);
  const folders: readonly (readonly [string, string])[] = [
    ...originRoots.map((root) => ["the origin", root] as const),
    ["cacheDir", config.cacheDir],
    ["stateDir", config.stateDir],
    ["runtimeDir", config.runtimeDir],
  ];
  const problems = folders.flatMap(([what, folder]) => {
    const relation = relationOf(mountpoint, realPathOf(folder));
    return relation === undefined ? [] : [`mountpoint: ${config.mountpoint} ${relation} ${what} (${folder})`];
  });
  if (problems.length === 0) return;
  throw new MusicfsError("MFS_CONFIG_INVALID", problems.join("\n"), {
    hint: "Name a folder outside of these with --mount DIR, or 'mountpoint' in the config.",
  });
}

function relationOf(mountpoint: string, folder: string): string | undefined {
  if (mountpoint === folder) return "is";
  if (isBelow(mountpoint, folder)) return "lies in";
  return isBelow(folder, mountpoint) ? "holds" : undefined;
}

function isBelow(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

// What does not exist yet, or is a dead mount, has the real path of its parent and its own name.
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPathOf(parent), basename(path));
  }
}
