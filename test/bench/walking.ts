import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateLibrary } from "../support/generate-library.js";
import type { BenchContext } from "./context.js";
import { bindfsPeer, directPeer, makeFolder, musicfsPeer, nativePeer, type Peer } from "./peers.js";
import { run, timeOf } from "./processes.js";
import { interleave, type Rounds, type Row, record } from "./rows.js";

const TRACKS = 20_000;
const QUICK_TRACKS = 4_000;

const COMMANDS = [
  { name: "find -type f", command: "find", args: (path: string) => [path, "-type", "f"] },
  { name: "ls -lR", command: "ls", args: (path: string) => ["-lR", path] },
] as const;

/** Walking a whole library, as the mount shows it, and as a real folder with the same names. */
export async function measureWalking(context: BenchContext): Promise<Row[]> {
  const { options, say } = context;
  const tracks = options.quick ? QUICK_TRACKS : TRACKS;
  say(`making two libraries of ${tracks} tracks`);
  const peers = await makePeers(context, tracks);
  const rows: Row[] = [];
  for (const command of COMMANDS) {
    say(`walking: ${command.name}`);
    rows.push(...(await measureCommand(context, peers, command, tracks)));
  }
  return rows;
}

async function makePeers({ cleanup, folder }: BenchContext, tracks: number): Promise<readonly Peer[]> {
  const origin = makeFolder(folder, "origin");
  generateLibrary(origin, { files: tracks });
  const musicfs = await musicfsPeer(cleanup, "musicfs", { folder: join(folder, "musicfs"), origin }, tracks);
  // What the mount shows, as a real folder: the same names, sizes and bytes for all.
  const copy = join(folder, "copy");
  await run("cp", ["-r", "--preserve=timestamps", musicfs.path, copy]);
  const native = await nativePeer(cleanup, { folder: join(folder, "native"), origin }, tracks);
  const peers = [
    directPeer(copy),
    await bindfsPeer(cleanup, copy, join(folder, "bindfs")),
    musicfs,
    ...(native ? [native] : []),
  ];
  for (const { subject, path } of peers) await requireTracks(subject, path, tracks);
  return peers;
}

async function requireTracks(subject: string, path: string, tracks: number): Promise<void> {
  const { stdout } = await run("find", [path, "-type", "f", "-printf", "x"]);
  if (stdout.length !== tracks) throw new Error(`${subject} shows ${stdout.length} of ${tracks} tracks`);
}

async function measureCommand(
  { options }: BenchContext,
  peers: readonly Peer[],
  { name, command, args }: (typeof COMMANDS)[number],
  tracks: number,
): Promise<Row[]> {
  const cold: Rounds = {};
  const warm: Rounds = {};
  const dropsCaches = process.getuid?.() === 0;
  await interleave(
    options.rounds,
    peers.map(({ subject }) => subject),
    async (subject) => {
      const { path } = peers.find((peer) => peer.subject === subject) as Peer;
      if (dropsCaches) {
        await dropCaches();
        record(cold, subject, await timeOf(command, args(path)));
      } else {
        await timeOf(command, args(path));
      }
      record(warm, subject, await timeOf(command, args(path)));
    },
  );
  const what = `${name} over ${tracks} tracks`;
  return [
    {
      figure: `${what}, cold`,
      unit: "ms",
      rounds: cold,
      target: { subject: "musicfs", against: "bindfs", atMost: 0.6 },
    },
    {
      figure: `${what}, warm`,
      unit: "ms",
      rounds: warm,
      target: { subject: "musicfs", against: "direct", atMost: 1.2 },
    },
  ];
}

/** Empties the kernel's caches of pages, names and inodes. Needs root. */
export async function dropCaches(): Promise<void> {
  await run("sync", []);
  writeFileSync("/proc/sys/vm/drop_caches", "3");
}
