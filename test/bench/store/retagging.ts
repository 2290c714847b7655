import { renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import Database from "better-sqlite3";
import { Manifest } from "#core/store/manifest.js";
import type { BenchContext } from "../context.js";
import { makeFolder } from "../peers.js";
import { run } from "../processes.js";
import type { Row } from "../rows.js";
import { makeAlbum, retag } from "./album.js";
import { probeFiles } from "./probes.js";
import { musicfsSubject } from "./subjects.js";

/** A track of 40 MB. */
const SECONDS = 226;
const QUICK_SECONDS = 40;
/** More than the padding that ffmpeg leaves behind the tags, so that the audio is shifted. */
const LONGER_BYTES = 20_000;
const SHOWN_TIMEOUT_MS = 60_000;
const LOOK_EVERY_MS = 250;

/** What of a track is in the store already after its tags grew and its audio moved. */
export async function measureRetagging(context: BenchContext): Promise<Row[]> {
  const { options, say } = context;
  say("a track whose tags grow");
  const folder = makeFolder(context.folder, "retagging");
  const origin = makeFolder(folder, "origin");
  const { tracks, bytes } = await makeAlbum(origin, 1, options.quick ? QUICK_SECONDS : SECONDS);
  const musicfs = await musicfsSubject({ ...context, folder }, origin, 1);
  const [track = ""] = tracks;
  const read = () => probeFiles({ paths: [join(musicfs.path, track)] });
  await read();
  await musicfs.settle();
  const before = await musicfs.stats();
  const indexPath = join(musicfs.home, "cache", "store", "index.sqlite");
  const old = hashesOfNewest(indexPath);

  const edited = join(folder, "edited.flac");
  await retag(join(origin, track), edited, LONGER_BYTES);
  const newBytes = statSync(edited).size;
  renameSync(edited, join(origin, track));
  await waitForSize(join(musicfs.path, track), newBytes);
  await read();
  await musicfs.settle();
  const after = await musicfs.stats();
  // The old version leaves the cache when the new one comes, so numbers of chunks do not tell what both share.
  const present = hashesOfNewest(indexPath);
  const shared = [...present].filter((hash) => old.has(hash));
  return [
    {
      figure: "chunks of a track that are there already after its tags grew",
      unit: "%",
      rounds: { musicfs: [(100 * shared.length) / present.size] },
      target: { subject: "musicfs", atLeast: 95 },
    },
    {
      figure: "bytes on the disk that the new version took",
      unit: "% of the track",
      rounds: { musicfs: [(100 * (after.storedBytes - before.storedBytes)) / bytes] },
      target: { subject: "musicfs", atMost: 5 },
    },
  ];
}

/** The chunks of the version that came into the store last. */
function hashesOfNewest(indexPath: string): Set<string> {
  const db = new Database(indexPath, { readonly: true });
  try {
    const newest = "SELECT manifest FROM blobs WHERE manifest IS NOT NULL ORDER BY id DESC LIMIT 1";
    const manifest = new Manifest(db.prepare<[], Buffer>(newest).pluck().get() ?? Buffer.alloc(0));
    const hashes = Array.from({ length: manifest.count }, (_, chunk) => manifest.hash(chunk));
    return new Set(hashes.map((hash) => Buffer.from(hash).toString("hex")));
  } finally {
    db.close();
  }
}

/** Waits until the mount shows the new version: the origin's folder is watched. */
async function waitForSize(path: string, bytes: number): Promise<void> {
  const deadlineMs = performance.now() + SHOWN_TIMEOUT_MS;
  for (;;) {
    const { stdout } = await run("stat", ["-c", "%s", path]);
    if (Number(stdout) === bytes) return;
    if (performance.now() > deadlineMs)
      throw new Error(`the mount still shows ${stdout.trim()} of ${bytes} bytes`);
    await delay(LOOK_EVERY_MS);
  }
}
