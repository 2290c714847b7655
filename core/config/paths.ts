import { lstatSync, mkdirSync } from "node:fs";
import { homedir, tmpdir, userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { MusicfsError, messageOf } from "../errors.js";

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>;

const APP = "musicfs";

/**
 * The base folders of the XDG specification (https://specifications.freedesktop.org/basedir-spec), each with
 * `musicfs` below. A variable that is empty or not absolute counts as unset, as the specification says.
 */
export function configHome(env: Environment): string {
  return join(absolute(env.XDG_CONFIG_HOME) ?? join(homeOf(env), ".config"), APP);
}

export function cacheHome(env: Environment): string {
  return join(absolute(env.XDG_CACHE_HOME) ?? join(homeOf(env), ".cache"), APP);
}

export function stateHome(env: Environment): string {
  return join(absolute(env.XDG_STATE_HOME) ?? join(homeOf(env), ".local", "state"), APP);
}

/**
 * The folder of sockets. Where the session has none it is `/run/user/<uid>/musicfs`, and where that is
 * missing a folder of this user alone in the folder of temporary files.
 *
 * @throws `MFS_FOLDER_UNUSABLE` when somebody else has made that last one.
 */
export function runtimeHome(env: Environment): string {
  const named = absolute(env.XDG_RUNTIME_DIR);
  if (named) return join(named, APP);
  const uid = process.getuid?.() ?? 0;
  const ofSession = `/run/user/${uid}`;
  return isOwnFolder(ofSession, uid) ? join(ofSession, APP) : ownTemporaryFolder(uid);
}

/** The user's home folder, also where HOME is not set. */
export function homeOf(env: Environment): string {
  return absolute(env.HOME) ?? absolute(userInfo().homedir) ?? homedir();
}

/** An absolute path of what a person wrote: `~` is the home folder, and all else is relative to `base`. */
export function resolvePath(path: string, base: string, env: Environment): string {
  const expanded = path === "~" || path.startsWith("~/") ? join(homeOf(env), path.slice(1)) : path;
  return resolve(base, expanded);
}

function absolute(path: string | undefined): string | undefined {
  return path && isAbsolute(path) ? path : undefined;
}

function isOwnFolder(path: string, uid: number): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === uid;
}

// Anybody can make a folder of that name first, so what is there is looked at without following a link.
function ownTemporaryFolder(uid: number): string {
  const path = join(tmpdir(), `${APP}-${uid}`);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw unusable(path, messageOf(error), error);
  }
  const { mode, uid: owner } = lstatSync(path);
  if (!isOwnFolder(path, uid)) throw unusable(path, `it is no folder, or belongs to user ${owner}`);
  if ((mode & 0o077) !== 0) throw unusable(path, `others can use it (mode ${(mode & 0o777).toString(8)})`);
  return path;
}

function unusable(path: string, problem: string, cause?: unknown): MusicfsError {
  return new MusicfsError("MFS_FOLDER_UNUSABLE", `cannot use the folder ${path}: ${problem}`, {
    hint: "Set XDG_RUNTIME_DIR, or name another folder (runtimeDir, MUSICFS_RUNTIME_DIR).",
    ...(cause === undefined ? {} : { cause }),
  });
}
