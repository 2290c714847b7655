import { existsSync } from "node:fs";
import { homedir, tmpdir, userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

export type Environment = Readonly<Record<string, string | undefined>>;

/** The folders of https://specifications.freedesktop.org/basedir-spec/, each with `musicfs` in it. */
export interface XdgFolders {
  readonly config: string;
  readonly cache: string;
  readonly state: string;
  readonly runtime: string;
}

/** Where this user's files belong. A value that is not absolute is ignored, as the specification asks. */
export function xdgFolders(env: Environment): XdgFolders {
  const home = env["HOME"] || homedir();
  const folder = (variable: string, fallback: string): string => {
    const value = env[variable];
    return join(value && isAbsolute(value) ? value : fallback, "musicfs");
  };
  return {
    config: folder("XDG_CONFIG_HOME", join(home, ".config")),
    cache: folder("XDG_CACHE_HOME", join(home, ".cache")),
    state: folder("XDG_STATE_HOME", join(home, ".local/state")),
    runtime: folder("XDG_RUNTIME_DIR", runtimeFallback()),
  };
}

/** An absolute path: `~` is the home folder, and what is relative is so to `base`. */
export function expandPath(path: string, base: string, env: Environment): string {
  if (path === "~" || path.startsWith("~/")) return join(env["HOME"] || homedir(), path.slice(1));
  return resolve(base, path);
}

// Services and containers have no XDG_RUNTIME_DIR. What is made in the shared temporary folder carries the
// user's number, and its owner is checked when the socket is made.
function runtimeFallback(): string {
  const { uid } = userInfo();
  const standard = `/run/user/${uid}`;
  return existsSync(standard) ? standard : join(tmpdir(), `musicfs-${uid}`);
}
