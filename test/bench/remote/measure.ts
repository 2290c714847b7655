import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { FaultProxyProcess } from "../../support/fault-proxy-process.js";
import type { BenchContext } from "../context.js";
import { writeBigFile } from "../media.js";
import { makeFolder, waitForTracks } from "../peers.js";
import { interleave, type Rounds, type Row, record } from "../rows.js";
import { firstByteMs, type ProbeOrder, readWholeMs, scanMs, seeksMs } from "./probes.js";
import { REMOTE_SERVERS, type RemoteServer } from "./servers.js";
import type { RemoteSubject } from "./subjects.js";

const BIG_MIB = 64;
const BIG_FILES = ["sequential", "first byte", "seeks"] as const;
const MANY = "many";
const TRACKS = 500;
const QUICK_TRACKS = 60;
const SEEKS = 50;
/** Each way; a round trip takes twice that. */
const DELAY_MS = 10;

/** What is measured, and whether less of it is better. */
const FIGURES = {
  scan: { name: "tag scan from nothing", unit: "ms", atMost: 0.5 },
  originBytes: { name: "bytes of the origin for it", unit: "MB", atMost: 1 },
  firstByte: { name: "time to first byte", unit: "ms", atMost: 1 },
  seeks: { name: `${SEEKS} random reads of 64 KiB`, unit: "ms", atMost: 0.5 },
  sequential: { name: `cold sequential read of ${BIG_MIB} MiB`, unit: "ms", atMost: 1 },
  again: { name: "the same again", unit: "ms", atMost: 1 },
} as const;
type Figure = keyof typeof FIGURES;
type Measured = Record<Figure, Rounds>;

/** Reads of servers through MusicFS, and through what people mount them with otherwise. */
export async function measureRemote(context: BenchContext): Promise<Row[]> {
  const { folder, cleanup, options, say } = context;
  const wanted = options.quick ? QUICK_TRACKS : TRACKS;
  const rows: Row[] = [];
  for (const name of options.servers) {
    const server = await REMOTE_SERVERS[name](makeFolder(folder, name), (at) => writeLibrary(at, wanted));
    const close = cleanup.add(() => server.close());
    for (const delayMs of [0, DELAY_MS]) {
      const where = delayMs === 0 ? server.title : `${server.title}, ${2 * delayMs} ms a round trip`;
      say(where);
      rows.push(...(await measureDistance(context, server, delayMs, where)));
    }
    await close();
  }
  return rows;
}

async function measureDistance(
  context: BenchContext,
  server: RemoteServer,
  delayMs: number,
  where: string,
): Promise<Row[]> {
  const fault = delayMs === 0 ? ({ mode: "ok" } as const) : ({ mode: "delay", ms: delayMs } as const);
  const proxy = await FaultProxyProcess.open({ port: server.port }, fault);
  const close = context.cleanup.add(() => proxy.close());
  server.trust?.(proxy.port);
  const tracks = (context.options.quick ? QUICK_TRACKS : TRACKS) + BIG_FILES.length;
  const rows = await measureLink(context, server.ways, proxy, tracks, where);
  await close();
  return rows;
}

function writeLibrary(folder: string, count: number): void {
  for (const name of BIG_FILES) writeBigFile(folder, name, BIG_MIB);
  const many = join(folder, MANY);
  mkdirSync(many);
  for (let track = 0; track < count; track++) writeBigFile(many, `track ${track}`, 1);
}

async function measureLink(
  context: BenchContext,
  ways: readonly RemoteSubject[],
  proxy: FaultProxyProcess,
  tracks: number,
  where: string,
): Promise<Row[]> {
  const names = Object.keys(FIGURES) as Figure[];
  const measured = Object.fromEntries(names.map((name) => [name, {}])) as Measured;
  const subjects = ways.map(({ subject }) => subject);
  await interleave(context.options.rounds, subjects, async (subject) => {
    const way = ways.find((one) => one.subject === subject);
    if (!way) throw new Error(`nothing mounts for ${subject}`);
    const values = await measureOnce(context, way, proxy, tracks);
    for (const name of names) record(measured[name], subject, values[name]);
  });
  return names.map((name) => {
    const { name: figure, unit, atMost } = FIGURES[name];
    const rounds = { ...measured[name], best: bestOf(measured[name]) };
    return {
      figure: `${where}: ${figure}`,
      unit,
      rounds,
      target: { subject: "musicfs", against: "best", atMost },
    };
  });
}

async function measureOnce(
  { folder, cleanup }: BenchContext,
  way: RemoteSubject,
  proxy: FaultProxyProcess,
  tracks: number,
): Promise<Record<Figure, number>> {
  const home = makeFolder(folder, `mount-of-${way.subject}`);
  const before = await proxy.counts();
  const startedMs = performance.now();
  const mount = await way.mount(proxy.port, home);
  const stop = cleanup.add(() => mount.stop());
  const { mountpoint, instance } = mount;
  const mountMs = performance.now() - startedMs;
  const scanned = async (): Promise<Pick<Record<Figure, number>, "scan" | "originBytes">> => {
    const from = instance ? before : await proxy.counts();
    // MusicFS reads the tags by itself, from its start on; over the others somebody else has to.
    const scan = instance
      ? mountMs + (await waitForTracks(instance, tracks))
      : mountMs + (await scanMs({ path: join(mountpoint, MANY), tracks: tracks - BIG_FILES.length }));
    return { scan, originBytes: ((await proxy.counts()).bytesDown - from.bytesDown) / 1e6 };
  };
  // A peer reads the large files first: what it fetches ahead in a scan would not be cold any more.
  const ofMusicfs = instance ? await scanned() : undefined;
  const at = (name: (typeof BIG_FILES)[number]): ProbeOrder => ({ path: join(mountpoint, `${name}.flac`) });
  const ofFiles = {
    firstByte: await firstByteMs(at("first byte")),
    seeks: await seeksMs(at("seeks")),
    sequential: await readWholeMs(at("sequential")),
    again: await readWholeMs(at("sequential")),
  };
  const values = { ...ofFiles, ...(ofMusicfs ?? (await scanned())) };
  await stop();
  rmSync(home, { recursive: true });
  return values;
}

function bestOf(rounds: Rounds): number[] {
  const peers = Object.entries(rounds).filter(([subject]) => subject !== "musicfs");
  const [first] = peers;
  return (first?.[1] ?? []).map((_, round) =>
    Math.min(...peers.map(([, values]) => values[round] as number)),
  );
}
