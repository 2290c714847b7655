import { join } from "node:path";
import type { BenchContext } from "../context.js";
import { makeFolder } from "../peers.js";
import { run } from "../processes.js";
import { interleave, type Rounds, type Row, record, type Target } from "../rows.js";
import { dropCaches } from "../walking.js";
import { type Album, makeAlbum } from "./album.js";
import { measureCutting } from "./cutting.js";
import { readLoopDelay } from "./loop-delay.js";
import { type FilesResult, probeFiles, probeUses } from "./probes.js";
import { measureRetagging } from "./retagging.js";
import {
  type CachingSubject,
  directSubject,
  type MusicfsSubject,
  musicfsSubject,
  rcloneSubject,
} from "./subjects.js";

const TRACKS = 12;
/** An album of 625 MB. */
const SECONDS = 294;
const QUICK_SECONDS = 30;
const USES = 2000;
const MIDDLE_OF_CHUNK_SIZES = 65_536;

/** How fast a track was read while it was cold and again, and the album likewise; bytes a second. */
interface Reads {
  readonly fileCold: Rounds;
  readonly fileWarm: Rounds;
  readonly fileStored: Rounds;
  readonly albumCold: Rounds;
  readonly albumWarm: Rounds;
  readonly albumStored: Rounds;
}

/** An album through the content store, beside the disk itself and rclone's cache. */
export async function measureStore(context: BenchContext): Promise<Row[]> {
  const { options, folder, say } = context;
  const origin = makeFolder(folder, "origin");
  say(`encoding an album of ${TRACKS} tracks`);
  const album = await makeAlbum(origin, TRACKS, options.quick ? QUICK_SECONDS : SECONDS);
  const musicfs = await musicfsSubject(context, origin, TRACKS);
  const subjects = [directSubject(origin), rcloneSubject(context, origin), musicfs];
  const rows = await measureReads(context, subjects, musicfs, album, origin);
  rows.push(...(await measureSize(musicfs, album)));
  rows.push(...(await measureCutting(context, join(origin, album.tracks[0] ?? ""))));
  rows.push(...(await measureRetagging(context)));
  return rows;
}

async function measureReads(
  { options, say }: BenchContext,
  subjects: readonly CachingSubject[],
  musicfs: MusicfsSubject,
  album: Album,
  origin: string,
): Promise<Row[]> {
  const reads: Reads = {
    fileCold: {},
    fileWarm: {},
    fileStored: {},
    albumCold: {},
    albumWarm: {},
    albumStored: {},
  };
  const uses = { pageUs: {}, seekUs: {}, statUs: {}, listUs: {}, walkUs: {} } satisfies Record<
    string,
    Rounds
  >;
  const delays: Rounds = {};
  const mounts: Rounds = {};
  say("reading cold and warm");
  await interleave(
    options.rounds,
    subjects.map(({ subject }) => subject),
    async (name, round) => {
      const subject = subjects.find((one) => one.subject === name) as CachingSubject;
      const paths = album.tracks.map((track) => join(subject.path, track));
      const file = paths.slice(0, 1);
      const note = (rounds: Rounds, { bytes, seconds }: FilesResult): void =>
        record(rounds, name, bytes / seconds / 1e9);
      const mountMs = await subject.makeCold();
      if (mountMs !== undefined) record(mounts, name, mountMs);
      await dropCaches();
      note(reads.fileCold, await probeFiles({ paths: file }));
      await subject.settle();
      note(reads.fileWarm, await probeFiles({ paths: file }));
      await dropCaches();
      note(reads.fileStored, await probeFiles({ paths: file }));

      await subject.makeCold();
      await dropCaches();
      if (subject === musicfs) await readLoopDelay(musicfs.home);
      note(reads.albumCold, await probeFiles({ paths }));
      await subject.settle();
      if (subject === musicfs) record(delays, name, (await readLoopDelay(musicfs.home)).p99Ms);
      if (round === 0 && subject.subject !== "direct") await requireEqual(origin, subject.path, album);
      note(reads.albumWarm, await probeFiles({ paths }));
      const used = await probeUses({
        root: subject.path,
        file: file[0] ?? "",
        times: options.quick ? USES / 10 : USES,
        seed: round,
      });
      for (const key of Object.keys(uses) as (keyof typeof uses)[]) record(uses[key], name, used[key]);
      await dropCaches();
      note(reads.albumStored, await probeFiles({ paths }));
    },
  );
  return [
    ...readRows(reads),
    {
      figure: "event loop's delay while an album is fetched, p99",
      unit: "ms",
      rounds: delays,
      target: atMost(20),
    },
    { figure: "from the start of the program to the end of an ls", unit: "ms", rounds: mounts },
    ...useRows(uses),
  ];
}

// Whoever shows other bytes has no figure.
async function requireEqual(origin: string, shown: string, { tracks }: Album): Promise<void> {
  for (const track of tracks) await run("cmp", [join(origin, track), join(shown, track)]);
}

function readRows(reads: Reads): Row[] {
  const unit = "GB/s";
  const row = (figure: string, rounds: Rounds, target: Target): Row => ({ figure, unit, rounds, target });
  const direct = (atLeast: number): Target => ({ subject: "musicfs", against: "direct", atLeast });
  const rclone: Target = { subject: "musicfs", against: "rclone", atLeast: 3 };
  return [
    row("one track, cold", reads.fileCold, direct(0.63)),
    row("one track, cold, by rclone's", reads.fileCold, rclone),
    row("one track, warm", reads.fileWarm, direct(1.1)),
    row("one track, warm, by rclone's", reads.fileWarm, rclone),
    row("one track from the cache's disk", reads.fileStored, direct(1)),
    row("album, cold", reads.albumCold, direct(0.54)),
    row("album, cold, by rclone's", reads.albumCold, rclone),
    row("album, warm", reads.albumWarm, direct(0.71)),
    row("album, warm, by rclone's", reads.albumWarm, rclone),
    row("album from the cache's disk", reads.albumStored, direct(1)),
    { figure: "album, warm by cold", unit: "x", rounds: speedUps(reads) },
  ];
}

function speedUps({ albumCold, albumWarm }: Reads): Rounds {
  const rounds: Rounds = {};
  for (const subject of ["direct", "rclone", "musicfs"] as const) {
    albumWarm[subject]?.forEach((warm, round) => {
      record(rounds, subject, warm / (albumCold[subject]?.[round] ?? Number.NaN));
    });
  }
  return rounds;
}

function useRows(
  uses: Readonly<Record<"pageUs" | "seekUs" | "statUs" | "listUs" | "walkUs", Rounds>>,
): Row[] {
  const target: Target = { subject: "musicfs", against: "rclone", atMost: 1 };
  const figures = [
    ["4 KiB at a random place of a cached track", uses.pageUs],
    ["1 MiB at a random place of a cached track", uses.seekUs],
    ["stat of a track", uses.statUs],
    ["listing of the root", uses.listUs],
    ["listing and stat of the whole tree", uses.walkUs],
  ] as const;
  return figures.map(([figure, rounds]) => ({ figure: `${figure}, p50`, unit: "µs", rounds, target }));
}

async function measureSize(musicfs: MusicfsSubject, album: Album): Promise<Row[]> {
  const { storedBytes, chunks, logicalBytes } = await musicfs.stats();
  const one = (figure: string, unit: string, value: number, target?: Target): Row => ({
    figure,
    unit,
    rounds: { musicfs: [value] },
    ...(target ? { target } : {}),
  });
  const within = (middle: number, part: number): Target => ({
    subject: "musicfs",
    atLeast: middle * (1 - part),
    atMost: middle * (1 + part),
  });
  return [
    one("album in the cache, of its bytes", "%", (100 * logicalBytes) / album.bytes, within(100, 0)),
    one(
      "album on the cache's disk, of its bytes",
      "%",
      (100 * storedBytes) / album.bytes,
      within(100, 0.005),
    ),
    one("chunks of the album", "chunks", chunks),
    one("mean size of a chunk", "bytes", logicalBytes / chunks, within(MIDDLE_OF_CHUNK_SIZES, 0.2)),
  ];
}

function atMost(bound: number): Target {
  return { subject: "musicfs", atMost: bound };
}
