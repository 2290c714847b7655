import { fstatSync, readdirSync } from "node:fs";
import { writeFile } from "node:fs/promises";

/** Device number of `/dev/fuse` on Linux (`Documentation/admin-guide/devices.txt`: character 10, 229). */
const LINUX_FUSE_RDEV = (10 << 8) | 229;

/** A descriptor of this process that is a connection to the kernel, which `fuse-native` keeps to itself. */
export interface Connection {
  readonly fd: number;
  readonly rdev: number;
}

/** The connections that are open in this process. */
export function findConnections(): Connection[] {
  return readdirSync("/dev/fd").flatMap((name) => {
    const connection = lookAt(Number(name));
    return connection ? [connection] : [];
  });
}

/** Whether it is still open: libfuse closes it when the kernel has ended it and every request is answered. */
export function isOpen({ fd, rdev }: Connection): boolean {
  return lookAt(fd)?.rdev === rdev;
}

/**
 * Has the kernel end a connection, though files are open. Only Linux can, where fusectl is mounted.
 *
 * @param device `major:minor` of the mount.
 */
export async function abortConnection(device: string): Promise<void> {
  const minor = device.split(":")[1];
  await writeFile(`/sys/fs/fuse/connections/${minor}/abort`, "1").catch(() => undefined);
}

function lookAt(fd: number): Connection | undefined {
  try {
    const stat = fstatSync(fd);
    if (!stat.isCharacterDevice()) return undefined;
    if (process.platform === "linux" && stat.rdev !== LINUX_FUSE_RDEV) return undefined;
    return { fd, rdev: stat.rdev };
  } catch {
    return undefined;
  }
}
