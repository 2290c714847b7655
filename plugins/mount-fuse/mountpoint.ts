import { accessSync, closeSync, constants, openSync } from "node:fs";
import { readlink, realpath, writeFile } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { MusicfsError } from "musicfs";
import { mountByFusermount, unmountByFusermount } from "./fusermount.js";
import { FUSE_TYPE, type MountInfo, readMountInfo, topmostAt } from "./mountinfo.js";
import { errnoName, loadSyscalls, MNT_DETACH, MS } from "./syscalls.js";

export const FUSE_DEVICE = "/dev/fuse";

/** A mount that was made, and has a connection to the kernel. */
export interface Mounted {
  /** `/dev/fuse`, connected; not blocking. */
  readonly fd: number;
  /** The path as the mount table shows it. */
  readonly mountpoint: string;
  /** `major:minor`, by which the mount table and sysfs know it. */
  readonly device: string;
}

/**
 * Mounts, by mount(2) as root and by `fusermount3` otherwise. Nothing is answered yet.
 *
 * @throws MusicfsError `MFS_MACHINE_LACKS` or `MFS_MOUNT_FAILED`.
 */
export async function mountAt(mountpoint: string, source: string, allowOther: boolean): Promise<Mounted> {
  const path = await realpath(mountpoint);
  checkDevice();
  const fd = isRoot()
    ? mountByRoot(path, source, allowOther)
    : await mountByFusermount(path, source, allowOther);
  const failed = loadSyscalls().setNonBlocking(fd);
  const mount = topmostAt(readMountInfo(), path);
  if (failed >= 0 && mount && isOurs(mount, source)) return { fd, mountpoint: path, device: mount.device };
  await detach(path);
  closeSync(fd);
  throw new MusicfsError(
    "MFS_MOUNT_FAILED",
    `${path} was mounted, but does not show in /proc/self/mountinfo`,
  );
}

/** Whether `mounted` is still in the mount table, and on top at its mountpoint. */
export function isMounted(mounted: Mounted): boolean {
  return topmostAt(readMountInfo(), mounted.mountpoint)?.device === mounted.device;
}

/** Unmounts. @returns whether the mountpoint is free of it: not while files are open. */
export async function unmount(mounted: Mounted): Promise<boolean> {
  if (!isMounted(mounted)) return true;
  if (isRoot()) await loadSyscalls().umount2(mounted.mountpoint, 0);
  else await unmountByFusermount(mounted.mountpoint, false);
  return !isMounted(mounted);
}

/** Takes what is mounted at a path out of the tree, though files of it may be open. */
export async function detach(mountpoint: string): Promise<void> {
  if (isRoot()) await loadSyscalls().umount2(mountpoint, MNT_DETACH);
  else await unmountByFusermount(mountpoint, true);
}

/** Lets the kernel read ahead further than its 128 KiB; only root may, so it is no fault when that fails. */
export async function raiseReadAhead(mounted: Mounted, kib: number): Promise<void> {
  await writeFile(`/sys/class/bdi/${mounted.device}/read_ahead_kb`, `${kib}\n`).catch(() => undefined);
}

export function isOurs(mount: MountInfo, source: string): boolean {
  return mount.type === FUSE_TYPE && mount.source === source;
}

export function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** The path without links, found without a look at what is mounted there: that may never answer. */
export async function pathOfMountpoint(mountpoint: string): Promise<string> {
  const path = resolve(await realpath(dirname(resolve(mountpoint))), basename(mountpoint));
  const target = await readlink(path).catch(() => undefined);
  return target === undefined ? path : realpath(resolve(dirname(path), target)).catch(() => path);
}

function mountByRoot(path: string, source: string, allowOther: boolean): number {
  const fd = openDevice();
  const flags = MS.readOnly | MS.noSuid | MS.noDev | MS.noExec | MS.noAtime;
  const owner = `user_id=${process.getuid?.() ?? 0},group_id=${process.getgid?.() ?? 0}`;
  const data = `fd=${fd},rootmode=40000,${owner},default_permissions${allowOther ? ",allow_other" : ""}`;
  const result = loadSyscalls().mount(source, path, FUSE_TYPE, flags, data);
  if (result >= 0) return fd;
  closeSync(fd);
  const reason = errnoName(result);
  if (reason === "EPERM") {
    throw new MusicfsError("MFS_MACHINE_LACKS", `mount(2) at ${path} is not permitted, though this is root`, {
      hint: "In a container: run it with --device /dev/fuse --cap-add SYS_ADMIN.",
    });
  }
  throw new MusicfsError("MFS_MOUNT_FAILED", `mount(2) at ${path} failed: ${reason}`);
}

// Also where fusermount3 opens it: it does so with the user's own rights.
function checkDevice(): void {
  try {
    accessSync(FUSE_DEVICE, constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw lacksDevice(cause);
  }
}

function openDevice(): number {
  try {
    return openSync(FUSE_DEVICE, constants.O_RDWR | constants.O_NONBLOCK);
  } catch (cause) {
    throw lacksDevice(cause);
  }
}

function lacksDevice(cause: unknown): MusicfsError {
  const { code } = cause as NodeJS.ErrnoException;
  const hint =
    code === "EACCES" || code === "EPERM"
      ? `chmod 666 ${FUSE_DEVICE}, or in a container: --device ${FUSE_DEVICE}`
      : `modprobe fuse, or in a container: --device ${FUSE_DEVICE} --cap-add SYS_ADMIN`;
  return new MusicfsError("MFS_MACHINE_LACKS", `${FUSE_DEVICE} cannot be opened: ${code}`, { hint, cause });
}
