import { closeSync, fsyncSync, ftruncateSync, mkdirSync, openSync, statfsSync, writeSync } from "node:fs";
import { join } from "node:path";
import { run, until } from "./process.js";

/** A filesystem of a test's own, mounted at a folder. */
export interface CacheDisk {
  /** Bytes that are taken on it. */
  usedBytes(): number;
  freeInodes(): number;
  /** Writes a file to it, and waits until it lies there. @throws the system's error */
  touch(): void;
  /** Breaks it off as a power cut does: nothing that was not flushed is there after {@link remount}. */
  cutPower(): Promise<void>;
  /** Has it refuse every write from now on; only {@link remount} ends that. */
  makeReadOnly(): Promise<void>;
  /** Unmounts it once nobody uses it any more, and mounts it anew. */
  remount(): Promise<void>;
  /** Unmounts it; the loop device goes with it. */
  dispose(): Promise<void>;
}

/** A filesystem in memory. @param options as `mount -o` takes them: `size=6m`, `nr_inodes=50` */
export async function memoryDisk(folder: string, options: string): Promise<CacheDisk> {
  mkdirSync(folder, { recursive: true });
  const mount = ["mount", "-t", "tmpfs", "-o", `${options},mode=700`, "tmpfs", folder];
  await must(mount);
  return diskAt(folder, mount, () => {
    throw new Error("memory cannot be cut off");
  });
}

/** A filesystem in a file below `home`, by a loop device that the kernel frees with the mount. */
export async function loopDisk(
  folder: string,
  home: string,
  type: "ext4" | "xfs",
  bytes: number,
): Promise<CacheDisk> {
  mkdirSync(folder, { recursive: true });
  const image = join(home, `${type}.img`);
  const fd = openSync(image, "w");
  ftruncateSync(fd, bytes);
  closeSync(fd);
  await must(type === "ext4" ? ["mkfs.ext4", "-q", "-F", image] : ["mkfs.xfs", "-q", image]);
  const mount = ["mount", "-t", type, "-o", "loop", image, folder];
  await must(mount);
  await must(["chmod", "700", folder]);
  const shutdown = ["xfs_io", "-x", ...(type === "ext4" ? ["-F"] : []), "-c", "shutdown", folder];
  return diskAt(folder, mount, () => must(shutdown));
}

function diskAt(folder: string, mount: readonly string[], cutPower: () => Promise<void>): CacheDisk {
  const statfs = () => statfsSync(folder);
  return {
    usedBytes: () => {
      const { blocks, bfree, bsize } = statfs();
      return (blocks - bfree) * bsize;
    },
    freeInodes: () => statfs().ffree,
    touch() {
      const fd = openSync(join(folder, "touched"), "w");
      try {
        writeSync(fd, "touched");
        fsyncSync(fd);
      } finally {
        closeSync(fd);
      }
    },
    cutPower,
    makeReadOnly: () => must(["mount", "-o", "remount,abort", folder]),
    async remount() {
      await until("nobody uses the disk any more", async () => (await run(["umount", folder])).code === 0);
      await must(mount);
    },
    dispose: () => must(["umount", "-l", folder]),
  };
}

async function must(command: readonly string[]): Promise<void> {
  const { code, stderr } = await run(command);
  if (code !== 0) throw new Error(`${command.join(" ")}: ${stderr.trim()}`);
}
