import { join } from "node:path";
import type { BenchContext } from "./context.js";
import { FLAT_TEMPLATE, writeBigFile } from "./media.js";
import { bindfsPeer, directPeer, makeFolder, musicfsPeer, nativePeer, type Peer } from "./peers.js";
import { probeSequential } from "./probes.js";
import { interleave, type Rounds, type Row, record, type Subject } from "./rows.js";
import { medianOf } from "./statistics.js";

const SIZES_MIB = [64, 640] as const;
const QUICK_SIZES_MIB = [64] as const;
/** Reads of one file in one round, of which the median counts: the small file takes 4 ms. */
const REPEATS: Readonly<Record<number, number>> = { 64: 7, 640: 3 };

/** Reading whole files, the origin's pages in the page cache. */
export async function measureSequential(context: BenchContext): Promise<Row[]> {
  const sizes = context.options.quick ? QUICK_SIZES_MIB : SIZES_MIB;
  const origin = makeFolder(context.folder, "origin");
  const files = sizes.map((size) => ({ size, name: writeBigFile(origin, `${size} MiB`, size) }));
  const peers = await peersOver(context, origin, files.length);
  const rows: Row[] = [];
  for (const { size, name } of files) {
    context.say(`sequential reads of ${size} MiB`);
    rows.push(...(await measureFile(context, peers, size, join(origin, name), name)));
  }
  return rows;
}

/** Every subject over one flat folder of files; also what the latencies are measured with. */
export async function peersOver(
  { cleanup, folder }: BenchContext,
  origin: string,
  tracks: number,
): Promise<ReadonlyMap<Subject, Peer>> {
  const instance = (name: string, driverOptions = {}) => ({
    folder: join(folder, name),
    origin,
    driverOptions,
    template: FLAT_TEMPLATE,
  });
  const peers = [
    directPeer(origin),
    await bindfsPeer(cleanup, origin, join(folder, "bindfs")),
    await musicfsPeer(cleanup, "musicfs", instance("musicfs"), tracks),
    await musicfsPeer(cleanup, "copying", instance("copying", { passthrough: false }), tracks),
    await nativePeer(cleanup, instance("native"), tracks),
  ].filter((peer) => peer !== undefined);
  return new Map(peers.map((peer) => [peer.subject, peer]));
}

async function measureFile(
  { options }: BenchContext,
  peers: ReadonlyMap<Subject, Peer>,
  size: number,
  behind: string,
  name: string,
): Promise<Row[]> {
  const first: Rounds = {};
  const second: Rounds = {};
  await interleave(options.rounds, [...peers.keys()], async (subject) => {
    const { path, isFuse } = peers.get(subject) as Peer;
    const order = { path: join(path, name), behind, isFuse, repeats: REPEATS[size] ?? 3 };
    const result = await probeSequential(order);
    record(first, subject, medianOf(result.first) / 1e9);
    record(second, subject, medianOf(result.second) / 1e9);
  });
  const what = `${size} MiB`;
  return [
    {
      figure: `read ${what}, passthrough`,
      unit: "GB/s",
      rounds: first,
      target: { subject: "musicfs", against: "direct", atLeast: 0.8 },
    },
    {
      figure: `read ${what}, copying`,
      unit: "GB/s",
      rounds: first,
      target: { subject: "copying", against: "bindfs", atLeast: 1 },
    },
    {
      figure: `read ${what} again, copying`,
      unit: "GB/s",
      rounds: second,
      target: { subject: "copying", against: "direct", atLeast: 0.4 },
    },
  ];
}
