import { rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { generateLibrary } from "../support/generate-library.js";
import type { BenchContext } from "./context.js";
import { BenchInstance, rssBytesOf } from "./instance.js";
import { bindfsPeer, makeFolder, type ServedPeer, stopInstance, waitForTracks } from "./peers.js";
import { run, timeOf } from "./processes.js";
import { interleave, type Rounds, type Row, record } from "./rows.js";

const TRACKS = 20_000;
const QUICK_TRACKS = 4_000;
const IDLE_TIMEOUT_MS = 10_000;
/** After this long without work, the threads that read tags are gone. */
const SETTLED_MS = 7_000;

/** Scanning a library from nothing, and the memory that the daemon holds after its whole tree was walked. */
export async function measureScanning(context: BenchContext): Promise<Row[]> {
  const { options, folder, cleanup, say } = context;
  const tracks = options.quick ? QUICK_TRACKS : TRACKS;
  const origin = makeFolder(folder, "origin");
  generateLibrary(origin, { files: tracks });
  const bindfs = await bindfsPeer(cleanup, origin, join(folder, "bindfs"));
  const rate: Rounds = {};
  const rss: Rounds = {};
  const settledRss: Rounds = {};
  say(`scanning ${tracks} tracks`);
  await interleave(options.rounds, ["direct", "bindfs", "musicfs"], async (subject) => {
    if (subject === "musicfs") {
      const scanned = await scanAnew(context, origin, tracks);
      record(rate, subject, tracks / (scanned.durationMs / 1000));
      record(rss, subject, scanned.rssBytes / 1e6);
      record(settledRss, subject, scanned.settledRssBytes / 1e6);
    } else {
      record(rate, subject, tracks / ((await readAll(subject === "direct" ? origin : bindfs.path)) / 1000));
      if (subject === "bindfs") record(rss, subject, await rssAfterWalk(bindfs));
    }
  });
  return [
    {
      figure: `scan of ${tracks} tracks (peers: cat of all files)`,
      unit: "files/s",
      rounds: rate,
      target: { subject: "musicfs", atLeast: 1500 },
    },
    {
      figure: `rss after scanning and walking ${tracks} tracks`,
      unit: "MB",
      rounds: rss,
      target: { subject: "musicfs", atMost: 150 },
    },
    {
      figure: `rss ${SETTLED_MS / 1000} s later`,
      unit: "MB",
      rounds: settledRss,
      target: { subject: "musicfs", atMost: 150 },
    },
  ];
}

interface Scanned {
  /** From the start of the process until the last track is in the tree. */
  readonly durationMs: number;
  /** After `find` and `ls -lR` over the whole mount. */
  readonly rssBytes: number;
  readonly settledRssBytes: number;
}

async function scanAnew({ folder, cleanup }: BenchContext, origin: string, tracks: number): Promise<Scanned> {
  const home = makeFolder(folder, "musicfs");
  const instance = new BenchInstance({ folder: home, origin });
  const stop = cleanup.add(() => stopInstance(instance));
  const startedMs = performance.now();
  await instance.start();
  await waitForTracks(instance, tracks);
  const durationMs = performance.now() - startedMs;
  await waitForIdle(instance);
  await walk(instance.mountpoint);
  const { pid } = await instance.status();
  const rssBytes = rssBytesOf(pid);
  await delay(SETTLED_MS);
  const settledRssBytes = rssBytesOf(pid);
  await stop();
  rmSync(home, { recursive: true });
  return { durationMs, rssBytes, settledRssBytes };
}

async function waitForIdle(instance: BenchInstance): Promise<void> {
  const deadlineMs = performance.now() + IDLE_TIMEOUT_MS;
  while ((await instance.status()).scan.state !== "idle") {
    if (performance.now() > deadlineMs) throw new Error("the scan did not end");
  }
}

async function rssAfterWalk({ pid, path }: ServedPeer): Promise<number> {
  await walk(path);
  return rssBytesOf(pid) / 1e6;
}

async function walk(path: string): Promise<void> {
  await timeOf("find", [path, "-type", "f"]);
  await timeOf("ls", ["-lR", path]);
}

/** Milliseconds to read every byte below a folder. */
async function readAll(path: string): Promise<number> {
  const { durationMs } = await run("sh", ["-c", 'find "$0" -type f -exec cat {} + >/dev/null', path]);
  return durationMs;
}
