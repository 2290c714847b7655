import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { openCatalogueReader } from "#core/catalogue/reader.js";
import { messageOf } from "#core/errors.js";
import type { Cleanup } from "./cleanup.js";
import { BenchInstance, type InstanceOptions } from "./instance.js";
import { run, start } from "./processes.js";
import type { Subject } from "./rows.js";

/** Something that shows a folder's files, at `path`. */
export interface Peer {
  readonly subject: Subject;
  readonly path: string;
  readonly isFuse: boolean;
}

/** A peer with a process that serves it. */
export interface ServedPeer extends Peer {
  readonly pid: number;
}

/** A MusicFS that is mounted. */
export interface MusicfsPeer extends Peer {
  readonly instance: BenchInstance;
  stop(): Promise<void>;
}

const MOUNT_TIMEOUT_MS = 10_000;
const POLL_MS = 20;
const SCAN_TIMEOUT_MS = 300_000;

export function directPeer(path: string): Peer {
  return { subject: "direct", path, isFuse: false };
}

/** Mounts `source` with bindfs as it comes, read-only. */
export async function bindfsPeer(cleanup: Cleanup, source: string, mountpoint: string): Promise<ServedPeer> {
  mkdirSync(mountpoint, { recursive: true });
  const child = start("bindfs", bindfsArgs(source, mountpoint));
  cleanup.add(() => unmount(mountpoint));
  await waitFor(() => isMounted(mountpoint), MOUNT_TIMEOUT_MS, `bindfs did not mount ${source}`);
  if (child.exitCode !== null) throw new Error(`bindfs ended with ${child.exitCode}`);
  return { subject: "bindfs", path: mountpoint, isFuse: true, pid: child.pid as number };
}

export function bindfsArgs(source: string, mountpoint: string): string[] {
  return ["-f", "-o", "ro", source, mountpoint];
}

/** Mounts `options.origin` with MusicFS, and waits until all its `tracks` are shown. */
export async function musicfsPeer(
  cleanup: Cleanup,
  subject: Subject,
  options: InstanceOptions,
  tracks: number,
): Promise<MusicfsPeer> {
  mkdirSync(options.folder, { recursive: true });
  const instance = new BenchInstance(options);
  await instance.start();
  const stop = cleanup.add(() => stopInstance(instance));
  await waitForTracks(instance, tracks);
  return { subject, path: instance.mountpoint, isFuse: true, instance, stop };
}

/** {@link musicfsPeer} over `fuse-native`; `undefined`, and a line on stderr, where this machine lacks it. */
export async function nativePeer(
  cleanup: Cleanup,
  options: InstanceOptions,
  tracks: number,
): Promise<MusicfsPeer | undefined> {
  try {
    return await musicfsPeer(cleanup, "native", { ...options, driver: "mount-fuse-native" }, tracks);
  } catch (error) {
    console.error(`without fuse-native: ${messageOf(error).split("\n")[0]}`);
    return undefined;
  }
}

/** Stops an instance, and frees its mountpoint should that fail. */
export async function stopInstance(instance: BenchInstance): Promise<void> {
  try {
    await instance.stop();
  } finally {
    await unmount(instance.mountpoint);
  }
}

/**
 * Waits until the catalogue shows all tracks. It is read from outside, which costs the daemon nothing.
 *
 * @returns milliseconds that were waited.
 */
export async function waitForTracks(instance: BenchInstance, tracks: number): Promise<number> {
  const startedMs = performance.now();
  const reader = openCatalogueReader(instance.cataloguePath);
  try {
    await waitFor(
      () => reader.totals().tracks >= tracks,
      SCAN_TIMEOUT_MS,
      "the scan did not show all tracks",
    );
    return performance.now() - startedMs;
  } finally {
    reader.close();
  }
}

export async function waitFor(isTrue: () => boolean, timeoutMs: number, problem: string): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!isTrue()) {
    if (performance.now() > deadlineMs) throw new Error(problem);
    await delay(POLL_MS);
  }
}

export function isMounted(mountpoint: string): boolean {
  return readFileSync("/proc/self/mounts", "utf8").includes(` ${mountpoint.replaceAll(" ", "\\040")} `);
}

export async function unmount(mountpoint: string): Promise<void> {
  if (!isMounted(mountpoint)) return;
  await (process.getuid?.() === 0
    ? run("umount", ["-l", mountpoint])
    : run("fusermount3", ["-uz", mountpoint]));
}

/** A folder of the benchmark's own, made anew. */
export function makeFolder(parent: string, name: string): string {
  const folder = join(parent, name);
  mkdirSync(folder, { recursive: true });
  return folder;
}
