import { realpath } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { type Mount, type MountEnd, type MountSession, type MountStatistics, MusicfsError } from "musicfs";
import { openVfs, type Vfs } from "musicfs/vfs";
import { abortConnection, type Connection, findConnections, isOpen } from "./connection.js";
import { requireMachine } from "./diagnose.js";
import { type FuseNative, loadFuseNative } from "./fuse-native.js";
import { isOurs, mountAt } from "./mount-table.js";
import { KERNEL_CACHE_SECONDS, Operations, type Ownership } from "./operations.js";
import { unmountAt } from "./programs.js";

export interface FuseNativeMountOptions {
  readonly allowOther: boolean;
  readonly ownership: Ownership;
}

/** How often it is asked whether the connection to the kernel is still there, in milliseconds. */
const WATCH_EVERY_MS = 100;
/** Longest that libfuse may take to leave once the connection was aborted, in milliseconds. */
const LEAVE_MS = 2000;

/**
 * Mounts through `fuse-native`.
 *
 * @throws MusicfsError `MFS_MACHINE_LACKS` or `MFS_MOUNT_FAILED`.
 */
export async function openFuseNativeMount(
  session: MountSession,
  options: FuseNativeMountOptions,
): Promise<Mount> {
  await requireMachine(options);
  const Fuse = loadFuseNative();
  const mountpoint = await realpath(session.mountpoint);
  const vfs = openVfs({ ...session.vfs, ownNodes: false });
  const operations = new Operations(session, vfs, options.ownership);
  try {
    const others = new Set(findConnections().map(({ fd }) => fd));
    const fuse = new Fuse(mountpoint, operations.handlers(), { timeout: false });
    fuse._fuseOptions = () => `-o${mountOptions(session.source, options.allowOther)}`;
    await new Promise<void>((resolve, reject) => fuse.mount((error) => (error ? reject(error) : resolve())));
    const connection = findConnections().find(({ fd }) => !others.has(fd));
    const entry = mountAt(mountpoint);
    const device = entry && isOurs(entry, session.source) ? entry.device : undefined;
    if (connection) return new FuseNativeMount({ fuse, mountpoint, device, connection, vfs, operations });
    await unmountAt(mountpoint, true);
    throw new Error("its connection to the kernel cannot be found");
  } catch (cause) {
    operations.close();
    vfs.close();
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MusicfsError("MFS_MOUNT_FAILED", `libfuse could not mount at ${mountpoint}: ${reason}`, {
      cause,
    });
  }
}

function mountOptions(source: string, allowOther: boolean): string {
  const seconds = KERNEL_CACHE_SECONDS;
  return [
    "ro,nosuid,nodev,noexec,default_permissions,use_ino",
    `fsname=${source.replace(/[\\,]/g, "\\$&")},subtype=musicfs`,
    `entry_timeout=${seconds},attr_timeout=${seconds},negative_timeout=0`,
    ...(allowOther ? ["allow_other"] : []),
  ].join(",");
}

interface MountParts {
  readonly fuse: FuseNative;
  readonly mountpoint: string;
  /** `major:minor`; unknown on macOS. */
  readonly device: string | undefined;
  readonly connection: Connection;
  readonly vfs: Vfs;
  readonly operations: Operations;
}

class FuseNativeMount implements Mount {
  readonly ended: Promise<MountEnd>;
  readonly #parts: MountParts;
  readonly #watch: NodeJS.Timeout;
  #resolveEnded: (end: MountEnd) => void = () => undefined;
  #unmounting: Promise<void> | undefined;
  #graceEndMs = Number.POSITIVE_INFINITY;
  #isOver = false;

  constructor(parts: MountParts) {
    this.#parts = parts;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#watch = setInterval(() => this.#lookAtConnection(), WATCH_EVERY_MS);
  }

  /** The kernel forgets by itself after a second; libfuse 2 has no way to tell it. */
  async invalidate(): Promise<void> {}

  statistics(): MountStatistics {
    return this.#parts.operations.statistics();
  }

  unmount(graceMs: number): Promise<void> {
    this.#graceEndMs = Math.min(this.#graceEndMs, performance.now() + graceMs);
    this.#unmounting ??= this.#unmount();
    return this.#unmounting;
  }

  async #unmount(): Promise<void> {
    if (this.#isOver) return;
    const { mountpoint, operations, device } = this.#parts;
    if (this.#isMounted() && !(await unmountAt(mountpoint, false))) await unmountAt(mountpoint, true);
    // Files that are open keep the connection although the mountpoint is free.
    operations.drain();
    await this.#until(() => operations.running === 0);
    operations.abortWaiting();
    if (device !== undefined) await abortConnection(device);
    this.#graceEndMs = performance.now() + LEAVE_MS;
    await this.#until(() => !isOpen(this.#parts.connection));
    await this.#end("stopped");
  }

  /** Waits until `isSo`, the end of the grace, or the end of the mount. */
  async #until(isSo: () => boolean): Promise<void> {
    while (!this.#isOver && !isSo() && performance.now() < this.#graceEndMs) await delay(10);
  }

  // libfuse's threads see the end first, and tell nobody.
  #lookAtConnection(): void {
    if (isOpen(this.#parts.connection)) return;
    if (this.#unmounting) return;
    void this.#end(this.#isMounted() ? "aborted" : "unmounted");
  }

  #isMounted(): boolean {
    const { mountpoint, device } = this.#parts;
    if (device === undefined) return isOpen(this.#parts.connection);
    return mountAt(mountpoint)?.device === device;
  }

  async #end(end: MountEnd): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    clearInterval(this.#watch);
    const { fuse, mountpoint, operations, vfs } = this.#parts;
    if (end === "aborted") await unmountAt(mountpoint, true);
    await new Promise<void>((resolve) => fuse.unmount(() => resolve()));
    operations.close();
    vfs.close();
    this.#resolveEnded(end);
  }
}
