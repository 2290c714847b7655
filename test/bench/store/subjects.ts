import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { BenchContext } from "../context.js";
import { BenchInstance } from "../instance.js";
import { stopInstance, unmount, waitForTracks } from "../peers.js";
import { watchMount } from "../probes.js";
import { start } from "../processes.js";
import type { Subject } from "../rows.js";
import { ALBUM_TEMPLATE } from "./album.js";
import { LOOP_DELAY_PLUGIN } from "./loop-delay.js";

/** Something that shows the album, and has a cache of its own or none. */
export interface CachingSubject {
  readonly subject: Subject;
  readonly path: string;
  /**
   * Mounts it anew with an empty cache. @returns milliseconds from the start of the program to the end of an `ls` by
   * another; `undefined` where nothing is mounted.
   */
  makeCold(): Promise<number | undefined>;
  /** Waits until it has done with what it read. */
  settle(): Promise<void>;
}

const MOUNT_TIMEOUT_MS = 20_000;
const SETTLE_TIMEOUT_MS = 120_000;
const POLL_MS = 500;

/** The files on the disk: what is cold for it is made so by dropping the kernel's caches. */
export function directSubject(path: string): CachingSubject {
  return {
    subject: "direct",
    path,
    makeCold: async () => undefined,
    settle: async () => undefined,
  };
}

/** `rclone mount --vfs-cache-mode full --read-only` over the same folder, with config and cache of its own. */
export function rcloneSubject({ cleanup, folder }: BenchContext, source: string): CachingSubject {
  const home = join(folder, "rclone");
  const mountpoint = join(home, "mnt");
  const cacheDir = join(home, "cache");
  const config = join(home, "rclone.conf");
  mkdirSync(mountpoint, { recursive: true });
  writeFileSync(config, "");
  let child: ChildProcess | undefined;
  const stop = async (): Promise<void> => {
    await unmount(mountpoint);
    if (child && child.exitCode === null && child.signalCode === null) {
      child.kill("SIGTERM");
      await once(child, "close");
    }
    child = undefined;
  };
  cleanup.add(stop);
  return {
    subject: "rclone",
    path: mountpoint,
    async makeCold() {
      await stop();
      rmSync(cacheDir, { recursive: true, force: true });
      const cache = ["--vfs-cache-mode", "full", "--cache-dir", cacheDir];
      return timeMount(mountpoint, async () => {
        child = start("rclone", ["mount", source, mountpoint, "--config", config, "--read-only", ...cache]);
        child.stdout?.resume();
        child.stderr?.resume();
      });
    },
    // It writes its cache as it reads.
    settle: async () => undefined,
  };
}

/** A MusicFS whose local origin goes through the store. */
export interface MusicfsSubject extends CachingSubject {
  /** Its folder, where {@link readLoopDelay} asks. */
  readonly home: string;
  stats(): Promise<CacheStats>;
}

/** What `musicfs cache stats --json` tells. */
export interface CacheStats {
  readonly files: number;
  readonly wholeFiles: number;
  readonly logicalBytes: number;
  readonly storedBytes: number;
  readonly chunks: number;
  readonly uniqueChunks: number;
  readonly originBytes: number;
}

/** Scans `tracks` of `source`, and then keeps its catalogue over every cold start. */
export async function musicfsSubject(
  { cleanup, folder }: BenchContext,
  source: string,
  tracks: number,
): Promise<MusicfsSubject> {
  const home = join(folder, "musicfs");
  mkdirSync(home, { recursive: true });
  const instance = new BenchInstance({
    folder: home,
    origin: source,
    originOptions: { cache: true },
    template: ALBUM_TEMPLATE,
    plugins: [{ [LOOP_DELAY_PLUGIN]: { folder: home } }],
  });
  const stats = async (): Promise<CacheStats> =>
    JSON.parse(await instance.cli("cache", "stats", "--json")) as CacheStats;
  await instance.start();
  cleanup.add(() => stopInstance(instance));
  await waitForTracks(instance, tracks);
  return {
    subject: "musicfs",
    path: instance.mountpoint,
    home,
    stats,
    async makeCold() {
      await instance.stop();
      rmSync(instance.cacheDir, { recursive: true, force: true });
      return timeMount(instance.mountpoint, () => instance.start());
    },
    // What is whole is cut and hashed behind the readers.
    async settle() {
      const deadlineMs = performance.now() + SETTLE_TIMEOUT_MS;
      for (let last = ""; ; ) {
        const { wholeFiles, chunks, storedBytes } = await stats();
        const now = JSON.stringify([wholeFiles, chunks, storedBytes]);
        if (now === last && chunks > 0) return;
        if (performance.now() > deadlineMs) throw new Error(`the store did not settle: ${now}`);
        last = now;
        await delay(POLL_MS);
      }
    },
  };
}

async function timeMount(mountpoint: string, begin: () => Promise<void>): Promise<number> {
  const { seen } = await watchMount({ mountpoint, timeoutMs: MOUNT_TIMEOUT_MS });
  const startedNs = process.hrtime.bigint();
  const [{ listedNs }] = await Promise.all([seen, begin()]);
  return Number(listedNs - startedNs) / 1e6;
}
