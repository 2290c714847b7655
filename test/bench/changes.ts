import { existsSync, readdirSync, renameSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { generateLibrary } from "../support/generate-library.js";
import { filesBelow } from "../support/tree-files.js";
import type { BenchContext } from "./context.js";
import { BenchInstance } from "./instance.js";
import { makeFolder, stopInstance, waitFor, waitForTracks } from "./peers.js";
import { type Rounds, type Row, record } from "./rows.js";

const TRACKS = 100_000;
const QUICK_TRACKS = 4_000;
/** So that an artist has 1,000 tracks in 100 folders. */
const ALBUMS_PER_ARTIST = 100;
const CHANGED = 1_000;
const TIMEOUT_MS = 120_000;
/** Changes that come before the last ones have been forgotten would be told later. */
const QUIET_MS = 12_000;

/** How long after a change of the origin it shows in the mount. */
export async function measureChanges({ options, folder, cleanup, say }: BenchContext): Promise<Row[]> {
  const tracks = options.quick ? QUICK_TRACKS : TRACKS;
  const origin = makeFolder(folder, "origin");
  say(`generating and scanning ${tracks} tracks`);
  generateLibrary(origin, { files: tracks, albumsPerArtist: ALBUMS_PER_ARTIST });
  const home = makeFolder(folder, "musicfs");
  const instance = new BenchInstance({
    folder: home,
    origin,
    views: { "/Folders": { "layout-origin": {} } },
  });
  const stop = cleanup.add(() => stopInstance(instance));
  await instance.start();
  await waitForTracks(instance, tracks);
  await waitUntilIdle(instance);

  const renamed: Rounds = {};
  const last: Rounds = {};
  const median: Rounds = {};
  for (let round = 0; round < options.rounds; round += 1) {
    say(`round ${round + 1}: a folder is renamed, ${CHANGED} files are changed`);
    record(renamed, "musicfs", (await renameArtist(origin, instance, round)) / 1000);
    await delay(QUIET_MS);
    const seenMs = (await changeFiles(origin, instance, round)).sort((one, other) => one - other);
    record(last, "musicfs", (seenMs.at(-1) ?? 0) / 1000);
    record(median, "musicfs", (seenMs[Math.floor(seenMs.length / 2)] ?? 0) / 1000);
    await delay(QUIET_MS);
  }
  await stop();
  return [
    {
      figure: `a folder of 1,000 tracks is renamed, among ${tracks}: until all are at their new paths and none at the old`,
      unit: "s",
      rounds: renamed,
      target: { subject: "musicfs", atMost: 5 },
    },
    {
      figure: `${CHANGED} files change at once: until the last one shows it`,
      unit: "s",
      rounds: last,
      target: { subject: "musicfs", atMost: 2 },
    },
    { figure: `the same, until half of them show it`, unit: "s", rounds: median },
  ];
}

async function waitUntilIdle(instance: BenchInstance): Promise<void> {
  for (let quiet = 0; quiet < 3; ) {
    quiet = (await instance.status()).scan.state === "idle" ? quiet + 1 : 0;
    await delay(200);
  }
}

async function renameArtist(origin: string, { mountpoint }: BenchInstance, round: number): Promise<number> {
  const [artist = ""] = readdirSync(origin).sort();
  const next = `Artist that moved ${round}`;
  const shown = (name: string): string => join(mountpoint, "Folders", name);
  const paths = (await filesBelow(join(origin, artist))).map((path) =>
    path.slice(join(origin, artist).length),
  );
  const startedMs = performance.now();
  renameSync(join(origin, artist), join(origin, next));
  const left = new Set(paths);
  const hasMoved = (): boolean => {
    for (const path of left) {
      if (!existsSync(shown(next + path))) return false;
      left.delete(path);
    }
    return !existsSync(shown(artist));
  };
  await waitFor(hasMoved, TIMEOUT_MS, "the folder did not move");
  return performance.now() - startedMs;
}

// Milliseconds of each file until its new time shows.
async function changeFiles(origin: string, { mountpoint }: BenchInstance, round: number): Promise<number[]> {
  const shown = (path: string): string => join(mountpoint, "Folders", path.slice(origin.length));
  // Some names are shown otherwise than they are.
  const all = (await filesBelow(origin)).filter((path) => existsSync(shown(path)));
  const paths = all.filter((_, index) => index % Math.max(1, Math.floor(all.length / CHANGED)) === 0);
  const timeS = 1_500_000_000 + round;
  const changed = new Map<string, number>();
  for (const path of paths.slice(0, CHANGED)) {
    utimesSync(path, timeS, timeS);
    changed.set(shown(path), performance.now());
  }
  const seenMs: number[] = [];
  const isSeen = (): boolean => {
    for (const [path, changedMs] of changed) {
      if (statSync(path, { throwIfNoEntry: false })?.mtimeMs !== timeS * 1000) continue;
      seenMs.push(performance.now() - changedMs);
      changed.delete(path);
    }
    return changed.size === 0;
  };
  await waitFor(isSeen, TIMEOUT_MS, "not all changes were seen");
  return seenMs;
}
