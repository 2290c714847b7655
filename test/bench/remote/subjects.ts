import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { BenchInstance } from "../instance.js";
import { isMounted, stopInstance, unmount, waitFor } from "../peers.js";
import { run, start } from "../processes.js";
import type { Subject } from "../rows.js";

/** A way to mount what a server has; each time with nothing in its cache. */
export interface RemoteSubject {
  readonly subject: Subject;
  /** Mounts at a folder below `home`, through a port of loopback that leads to the server. */
  mount(port: number, home: string): Promise<RemoteMount>;
}

export interface RemoteMount {
  readonly mountpoint: string;
  stop(): Promise<void>;
  readonly instance?: BenchInstance;
}

const MOUNT_TIMEOUT_MS = 20_000;

/** Mounts with rclone, through a cache that keeps whole files. @param remote as its command line names it. */
export function mountRclone(remote: string, home: string): Promise<RemoteMount> {
  const cache = ["--vfs-cache-mode", "full", "--cache-dir", join(home, "cache")];
  return mountByProcess(home, "rclone", (mountpoint) => [
    "mount",
    remote,
    mountpoint,
    "--read-only",
    ...cache,
    "--config",
    "",
  ]);
}

/** Mounts with a program that stays in the foreground. */
export async function mountByProcess(
  home: string,
  program: string,
  argsFor: (mountpoint: string) => string[],
): Promise<RemoteMount> {
  const mountpoint = join(home, "mnt");
  mkdirSync(mountpoint, { recursive: true });
  const child = start(program, argsFor(mountpoint), withoutAws());
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (text) => {
      said = `${said}${text}`.slice(-2000);
    });
  await waitFor(
    () => isMounted(mountpoint) || child.exitCode !== null,
    MOUNT_TIMEOUT_MS,
    `${program} did not mount`,
  );
  if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}: ${said}`);
  return {
    mountpoint,
    async stop() {
      await unmount(mountpoint);
      await waitFor(
        () => child.exitCode !== null || child.signalCode !== null,
        MOUNT_TIMEOUT_MS,
        `${program} stays`,
      ).catch(() => child.kill("SIGKILL"));
    },
  };
}

// What a machine says to those who use Amazon is none of these servers' business; rclone fails over a CA bundle.
function withoutAws(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("AWS_")));
}

/** Mounts with a program that goes into the background by itself, and ends when it is unmounted. */
export async function mountByCommand(
  home: string,
  program: string,
  argsFor: (mountpoint: string) => string[],
): Promise<RemoteMount> {
  const mountpoint = join(home, "mnt");
  mkdirSync(mountpoint, { recursive: true });
  await run(program, argsFor(mountpoint));
  return { mountpoint, stop: async () => void (await run("umount", [mountpoint])) };
}

/** Mounts with MusicFS. @param originPlugin name and options of the origin. */
export async function mountMusicfs(
  originPlugin: Readonly<Record<string, object>>,
  home: string,
): Promise<RemoteMount> {
  mkdirSync(home, { recursive: true });
  const instance = new BenchInstance({
    folder: home,
    origin: home,
    originPlugin,
    layout: { "layout-origin": {} },
  });
  await instance.start();
  return { mountpoint: instance.mountpoint, instance, stop: () => stopInstance(instance) };
}
