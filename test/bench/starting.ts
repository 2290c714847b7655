import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "#core/errors.js";
import { putCatalogue } from "./catalogues.js";
import type { BenchContext } from "./context.js";
import { BenchInstance } from "./instance.js";
import { bindfsArgs, makeFolder, stopInstance, unmount, waitFor } from "./peers.js";
import { type MountedResult, watchMount } from "./probes.js";
import { run, start, timeOf } from "./processes.js";
import { interleave, type Rounds, type Row, record, type Subject } from "./rows.js";

const SIZES = [20_000, 1_000_000] as const;
const QUICK_SIZES = [20_000] as const;
const TRACKS_PER_ARTIST = 20;
const MOUNT_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;

/** From the start of a process to a mount that answers, with a catalogue that is already filled. */
export async function measureStarting(context: BenchContext): Promise<Row[]> {
  const rows: Row[] = [];
  for (const tracks of context.options.quick ? QUICK_SIZES : SIZES) {
    const folder = makeFolder(context.folder, String(tracks));
    rows.push(...(await measureSize({ ...context, folder }, tracks)));
  }
  return rows;
}

async function measureSize(context: BenchContext, tracks: number): Promise<Row[]> {
  const starters = await startersOf(context, tracks);
  const rounds = { foreground: {}, json: {}, detached: {}, answer: {} } satisfies Record<string, Rounds>;
  context.say(`starting with ${tracks} tracks`);
  await interleave(context.options.rounds, [...starters.keys()], async (subject) => {
    const starter = starters.get(subject) as Starter;
    const measured = await starter.measure();
    record(rounds.foreground, subject, measured.foregroundMs);
    record(rounds.detached, subject, measured.detachedMs);
    if (measured.jsonMs !== undefined) record(rounds.json, subject, measured.jsonMs);
    if (measured.answerMs !== undefined) record(rounds.answer, subject, measured.answerMs);
  });
  const what = `${tracks} tracks`;
  const within = (atMost: number) => ({ subject: "musicfs", atMost }) as const;
  return [
    { figure: `start to ls, ${what}`, unit: "ms", rounds: rounds.foreground, target: within(500) },
    { figure: `start --detach, then ls, ${what}`, unit: "ms", rounds: rounds.detached, target: within(500) },
    { figure: `start to ls, ${what}, config in JSON`, unit: "ms", rounds: rounds.json, target: within(500) },
    { figure: `mount(2) to first answer, ${what}`, unit: "ms", rounds: rounds.answer, target: within(10) },
  ];
}

/** Milliseconds of one round. */
interface Started {
  readonly foregroundMs: number;
  readonly detachedMs: number;
  readonly jsonMs?: number;
  readonly answerMs?: number;
}

interface Starter {
  measure(): Promise<Started>;
}

async function startersOf(context: BenchContext, tracks: number): Promise<ReadonlyMap<Subject, Starter>> {
  const { folder } = context;
  const stateDir = join(folder, "state");
  await putCatalogue(context, tracks, stateDir);
  const origin = makeFolder(folder, "origin");
  const shown = rootNames(folder, tracks);
  const starters = new Map<Subject, Starter>([
    ["direct", directStarter(shown)],
    ["bindfs", bindfsStarter(context, shown)],
  ]);
  for (const [subject, driver] of [
    ["musicfs", "mount-fuse"],
    ["native", "mount-fuse-native"],
  ] as const) {
    const instance = new BenchInstance({ folder: makeFolder(folder, subject), stateDir, origin, driver });
    const starter = musicfsStarter(context, instance);
    if (await canStart(subject, starter)) starters.set(subject, starter);
  }
  return starters;
}

// The first start of all reads programs from the disk, and is nobody's figure.
async function canStart(subject: Subject, starter: Starter): Promise<boolean> {
  try {
    await starter.measure();
    return true;
  } catch (error) {
    if (subject !== "native") throw error;
    console.error(`without fuse-native: ${messageOf(error).split("\n")[0]}`);
    return false;
  }
}

/** A real folder whose root has as many names as the mount's. */
function rootNames(folder: string, tracks: number): string {
  const shown = join(folder, "names");
  for (let artist = 0; artist < tracks / TRACKS_PER_ARTIST; artist++) {
    mkdirSync(join(shown, `Artist ${String(artist).padStart(6, "0")}`), { recursive: true });
  }
  return shown;
}

function directStarter(shown: string): Starter {
  return {
    async measure() {
      const ms = await timeOf("ls", [shown]);
      return { foregroundMs: ms, detachedMs: ms };
    },
  };
}

function bindfsStarter({ folder, cleanup }: BenchContext, shown: string): Starter {
  const mountpoint = makeFolder(folder, "bindfs");
  cleanup.add(() => unmount(mountpoint));
  const [foreground, ...args] = bindfsArgs(shown, mountpoint);
  return {
    async measure() {
      const { ms, answerMs } = await timeForeground(
        "bindfs",
        [foreground as string, ...args],
        mountpoint,
        () => unmount(mountpoint),
      );
      const startedMs = performance.now();
      await run("bindfs", args);
      await timeOf("ls", [mountpoint]);
      const detachedMs = performance.now() - startedMs;
      await unmount(mountpoint);
      return { foregroundMs: ms, detachedMs, answerMs };
    },
  };
}

function musicfsStarter({ cleanup }: BenchContext, instance: BenchInstance): Starter {
  const { mountpoint } = instance;
  // It mounts first, and listens for commands a moment later.
  const stop = async () => {
    await waitFor(() => existsSync(instance.socketPath), STOP_TIMEOUT_MS, "nobody listens for a stop");
    await instance.stop();
  };
  return {
    async measure() {
      mkdirSync(mountpoint, { recursive: true });
      const stopAtEnd = cleanup.add(() => stopInstance(instance));
      const typescript = await timeForeground(...instance.startCommand("typescript"), mountpoint, stop);
      const json = await timeForeground(...instance.startCommand("json"), mountpoint, stop);
      const startedMs = performance.now();
      await run(...instance.startCommand("typescript", "--detach"));
      await timeOf("ls", [mountpoint]);
      const detachedMs = performance.now() - startedMs;
      await stopAtEnd();
      return { foregroundMs: typescript.ms, jsonMs: json.ms, detachedMs, answerMs: typescript.answerMs };
    },
  };
}

/** Starts a program that serves `mountpoint` until `stop`, and times it up to the end of an `ls`. */
async function timeForeground(
  command: string,
  args: readonly string[],
  mountpoint: string,
  stop: () => Promise<void>,
): Promise<{ ms: number; answerMs: number }> {
  const { seen } = await watchMount({ mountpoint, timeoutMs: MOUNT_TIMEOUT_MS });
  const startedNs = process.hrtime.bigint();
  const child = start(command, args);
  const over = outcomeOf(child);
  try {
    const moments: MountedResult = await Promise.race([seen, over.then(rejectEarly)]);
    return {
      ms: Number(moments.listedNs - startedNs) / 1e6,
      answerMs: Number(moments.answeredNs - moments.mountedNs) / 1e6,
    };
  } finally {
    if (child.exitCode === null) await stop();
    await over;
  }
}

function rejectEarly(stderr: string): never {
  throw new Error(`ended before it mounted: ${stderr.trim()}`);
}

/** What a program wrote to stderr, when it has ended. */
function outcomeOf(child: ChildProcess): Promise<string> {
  let stderr = "";
  child.stdout?.resume();
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  return new Promise((resolve) => child.once("close", () => resolve(stderr)));
}
