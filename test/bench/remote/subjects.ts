import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { BenchInstance } from "../instance.js";
import { isMounted, stopInstance, unmount, waitFor } from "../peers.js";
import { start } from "../processes.js";
import type { Subject } from "../rows.js";

/** A server on loopback, or what stands before it. */
export interface RemoteServer {
  readonly port: number;
  readonly username: string;
  readonly keyFile: string;
  /** Has the keys of every port that is used. */
  readonly knownHosts: string;
  /** The folder that it serves. */
  readonly path: string;
}

/** A way to mount what a server has; each time with nothing in its cache. */
export interface RemoteSubject {
  readonly subject: Subject;
  /** Mounts at a folder below `home`, and gives the mountpoint and what ends it. */
  mount(server: RemoteServer, home: string): Promise<RemoteMount>;
}

export interface RemoteMount {
  readonly mountpoint: string;
  stop(): Promise<void>;
  readonly instance?: BenchInstance;
}

const MOUNT_TIMEOUT_MS = 20_000;

export const SFTP_SUBJECTS: readonly RemoteSubject[] = [
  { subject: "rclone", mount: mountRclone },
  { subject: "sshfs", mount: mountSshfs },
  { subject: "musicfs", mount: mountMusicfs },
];

async function mountRclone(server: RemoteServer, home: string): Promise<RemoteMount> {
  const { port, username, keyFile, knownHosts, path } = server;
  const remote = `:sftp,host=127.0.0.1,port=${port},user=${username},key_file=${keyFile},known_hosts_file=${knownHosts},shell_type=none:${path}`;
  const args = [
    "--read-only",
    "--vfs-cache-mode",
    "full",
    "--cache-dir",
    join(home, "cache"),
    "--config",
    "",
  ];
  return mountByProcess(home, "rclone", (mountpoint) => ["mount", remote, mountpoint, ...args]);
}

async function mountSshfs(server: RemoteServer, home: string): Promise<RemoteMount> {
  const { port, username, keyFile, knownHosts, path } = server;
  const options = `ro,IdentityFile=${keyFile},UserKnownHostsFile=${knownHosts}`;
  return mountByProcess(home, "sshfs", (mountpoint) => [
    "-f",
    "-p",
    String(port),
    "-o",
    options,
    `${username}@127.0.0.1:${path}`,
    mountpoint,
  ]);
}

async function mountByProcess(
  home: string,
  program: string,
  argsFor: (mountpoint: string) => string[],
): Promise<RemoteMount> {
  const mountpoint = join(home, "mnt");
  mkdirSync(mountpoint, { recursive: true });
  const child = start(program, argsFor(mountpoint));
  await waitFor(
    () => isMounted(mountpoint) || child.exitCode !== null,
    MOUNT_TIMEOUT_MS,
    `${program} did not mount`,
  );
  if (child.exitCode !== null) throw new Error(`${program} ended with ${child.exitCode}`);
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

async function mountMusicfs(server: RemoteServer, home: string): Promise<RemoteMount> {
  const { port, username, keyFile, knownHosts, path } = server;
  mkdirSync(home, { recursive: true });
  const instance = new BenchInstance({
    folder: home,
    origin: path,
    originPlugin: {
      "origin-sftp": { host: "127.0.0.1", port, username, privateKeyFile: keyFile, knownHosts, path },
    },
    layout: { "layout-origin": {} },
  });
  await instance.start();
  return { mountpoint: instance.mountpoint, instance, stop: () => stopInstance(instance) };
}
