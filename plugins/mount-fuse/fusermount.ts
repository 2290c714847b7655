import { spawn } from "node:child_process";
import { closeSync, readFileSync } from "node:fs";
import { MusicfsError } from "musicfs";
import { errnoName, loadSyscalls } from "./syscalls.js";

/** The set-uid program of the package `fuse3` that mounts for those who are not root. */
export const FUSERMOUNT = "fusermount3";
export const INSTALL_HINT = "apt-get install fuse3";
const FUSE_CONFIG = "/etc/fuse.conf";
const TIMEOUT_MS = 10_000;

/** What a finished program said. */
export interface ProgramResult {
  readonly exitCode: number | undefined;
  readonly stderr: string;
}

/** Whether the administrator lets everybody mount with `allow_other`. */
export function allowsOthers(): boolean {
  try {
    return readFileSync(FUSE_CONFIG, "utf8")
      .split("\n")
      .some((line) => line.trim() === "user_allow_other");
  } catch {
    return false;
  }
}

/**
 * Mounts through `fusermount3`, which opens `/dev/fuse` itself and sends the descriptor over a socket.
 *
 * @returns the descriptor.
 * @throws MusicfsError `MFS_MACHINE_LACKS` or `MFS_MOUNT_FAILED`.
 */
export async function mountByFusermount(
  mountpoint: string,
  source: string,
  allowOther: boolean,
): Promise<number> {
  if (allowOther && !allowsOthers()) {
    throw new MusicfsError("MFS_MACHINE_LACKS", `${FUSE_CONFIG} does not let users mount with allowOther`, {
      hint: `Add the line 'user_allow_other' to ${FUSE_CONFIG}, or leave allowOther out.`,
    });
  }
  const syscalls = loadSyscalls();
  const pair = syscalls.socketpair();
  if (typeof pair === "number") throw new MusicfsError("MFS_MOUNT_FAILED", `socketpair: ${errnoName(pair)}`);
  const [ours, theirs] = pair;
  try {
    const options = mountOptions(source, allowOther);
    const result = await run(["-o", options, "--", mountpoint], theirs).finally(() => closeSync(theirs));
    const fd = result.exitCode === 0 ? syscalls.receiveFd(ours) : -1;
    if (fd >= 0) return fd;
    throw new MusicfsError(
      "MFS_MOUNT_FAILED",
      `${FUSERMOUNT} could not mount ${mountpoint}: ${result.stderr}`,
    );
  } finally {
    closeSync(ours);
  }
}

/** Unmounts what this user mounted. @returns whether that succeeded. */
export async function unmountByFusermount(mountpoint: string, lazily: boolean): Promise<boolean> {
  const result = await run([lazily ? "-uz" : "-u", "--", mountpoint]);
  return result.exitCode === 0;
}

/**
 * Runs `fusermount3` with the locale "C", from `/`.
 *
 * @param socketFd its descriptor 3, over which it sends what it opened.
 * @throws MusicfsError `MFS_MACHINE_LACKS` when the program is not there.
 */
function run(args: readonly string[], socketFd?: number): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(FUSERMOUNT, args, {
      cwd: "/",
      // A session of its own: a second Ctrl-C, which goes to all processes of a terminal, must not keep it from unmounting.
      detached: true,
      env: { PATH: searchPath(), LC_ALL: "C", ...(socketFd === undefined ? {} : { _FUSE_COMMFD: "3" }) },
      stdio: ["ignore", "ignore", "pipe", ...(socketFd === undefined ? [] : [socketFd])],
      timeout: TIMEOUT_MS,
    });
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-2000);
    });
    child.once("error", (cause) => {
      const message = `the program '${FUSERMOUNT}' cannot be run (${cause.message})`;
      reject(new MusicfsError("MFS_MACHINE_LACKS", message, { hint: INSTALL_HINT, cause }));
    });
    child.once("close", (code) => resolve({ exitCode: code ?? undefined, stderr: stderr.trim() }));
  });
}

function searchPath(): string {
  return `${process.env["PATH"] ?? ""}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin`;
}

function mountOptions(source: string, allowOther: boolean): string {
  const name = source.replace(/[\\,]/g, "\\$&");
  const options = `ro,nosuid,nodev,noexec,noatime,fsname=${name},subtype=musicfs,default_permissions`;
  return allowOther ? `${options},allow_other` : options;
}
