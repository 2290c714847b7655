import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { putCatalogue } from "../catalogues.js";
import type { BenchContext } from "../context.js";
import type { BenchInstance } from "../instance.js";
import { makeFolder, musicfsPeer } from "../peers.js";
import { run } from "../processes.js";
import type { Row } from "../rows.js";
import { quantileOf } from "../statistics.js";

const TRACKS = 1_000_000;
const QUICK_TRACKS = 20_000;
const QUERIES = 100;
const INDEX_TIMEOUT_MS = 180_000;

const PROBE = fileURLToPath(new URL("./probe-folders.js", import.meta.url));

/** Milliseconds of each listing: of a query for the first time, and of one that is kept. */
interface Listings {
  readonly first: readonly number[];
  readonly again: readonly number[];
}

/** Searches as folders: `ls /.search/<query>/` over a mount, as another process sees it. */
export async function measureSearchFolders(context: BenchContext): Promise<Row[]> {
  const { options, cleanup, say } = context;
  const tracks = options.quick ? QUICK_TRACKS : TRACKS;
  const folder = makeFolder(makeFolder(context.folder, "folders"), "musicfs");
  await putCatalogue(context, tracks, join(folder, "state"));
  const origin = makeFolder(context.folder, "origin");
  const { instance, path, stop } = await musicfsPeer(cleanup, "musicfs", { folder, origin }, tracks);
  say(`indexing ${tracks} tracks for folders`);
  await untilIndexed(instance);
  say("listing searches");
  const rounds: Listings[] = [];
  for (let round = 0; round < options.rounds; round++) {
    const args = [PROBE, join(path, ".search"), String(QUERIES), String(round), String(tracks)];
    rounds.push(JSON.parse((await run(process.execPath, args)).stdout) as Listings);
  }
  await stop();
  const row = (figure: string, of: (listings: Listings) => number, atMost?: number): Row => ({
    figure: `${figure}, ${tracks} tracks`,
    unit: "ms",
    rounds: { musicfs: rounds.map(of) },
    ...(atMost === undefined ? {} : { target: { subject: "musicfs", atMost } }),
  });
  return [
    row("ls of a search, p50", ({ first }) => quantileOf(first, 0.5), 50),
    row("ls of a search, p99", ({ first }) => quantileOf(first, 0.99), 50),
    row("ls of a search that is kept, p50", ({ again }) => quantileOf(again, 0.5)),
  ];
}

async function untilIndexed(instance: BenchInstance): Promise<void> {
  const deadlineMs = performance.now() + INDEX_TIMEOUT_MS;
  while (JSON.parse(await instance.cli("search", "artist", "--limit", "1", "--json")).indexing !== false) {
    if (performance.now() > deadlineMs) throw new Error("the index was not ready in time");
    await delay(500);
  }
}
