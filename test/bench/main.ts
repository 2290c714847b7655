/** `npm run bench`: measures the figures, one after the other; see README.md of this folder. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { messageOf } from "#core/errors.js";
import { measureChanges } from "./changes.js";
import { Cleanup } from "./cleanup.js";
import type { BenchContext } from "./context.js";
import { measureEvents } from "./events/measure.js";
import { measureLatency } from "./latency.js";
import { describeMachine, freeBytesOf, type Machine } from "./machine.js";
import { measureMillion } from "./million.js";
import { type BenchOptions, type FigureName, parseOptions } from "./options.js";
import { makeFolder } from "./peers.js";
import { killChildren } from "./processes.js";
import { measureRemote } from "./remote/measure.js";
import { formatReport, writeResults } from "./report.js";
import { type Row, verdictOf } from "./rows.js";
import { measureScanning } from "./scanning.js";
import { measureSearchFolders } from "./search/folders.js";
import { measureSearch } from "./search/measure.js";
import { measureSequential } from "./sequential.js";
import { measureStarting } from "./starting.js";
import { measureStore } from "./store/measure.js";
import { measureWalking } from "./walking.js";

const MEASURES: Readonly<Record<FigureName, (context: BenchContext) => Promise<Row[]>>> = {
  sequential: measureSequential,
  latency: measureLatency,
  walking: measureWalking,
  starting: measureStarting,
  scanning: measureScanning,
  changes: measureChanges,
  million: measureMillion,
  store: measureStore,
  search: async (context) => [...(await measureSearch(context)), ...(await measureSearchFolders(context))],
  events: measureEvents,
  remote: measureRemote,
};

const NEEDED_BYTES = 4 * 2 ** 30;
const SIGNAL_EXIT = { SIGINT: 130, SIGTERM: 143 } as const;

async function main(): Promise<void> {
  const { MUSICFS_BENCH_CWD: startFolder = process.cwd() } = process.env;
  const options = parseOptions(process.argv.slice(2), startFolder);
  if (freeBytesOf(options.dir) < NEEDED_BYTES) {
    throw new Error(`${options.dir} has less than ${NEEDED_BYTES / 2 ** 30} GiB free; choose another --dir`);
  }
  const cleanup = new Cleanup();
  for (const [signal, code] of Object.entries(SIGNAL_EXIT)) {
    process.once(signal, () => {
      leaving ??= leave(cleanup, code);
    });
  }
  try {
    await measureAll(options, cleanup);
  } finally {
    await cleanup.run();
    killChildren();
  }
}

async function measureAll(options: BenchOptions, cleanup: Cleanup): Promise<void> {
  const folder = mkdtempSync(join(options.dir, "musicfs-bench-"));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  const machine = await describeMachine(options.dir);
  const rows: Row[] = [];
  for (const name of options.figures) rows.push(...(await measureOne(name, options, folder)));
  const path = options.json ?? join(tmpdir(), `musicfs-bench-results-${process.pid}.json`);
  present(machine, rows, path);
}

/** A figure that fails leaves no row, makes the benchmark fail, and does not keep it from the others. */
async function measureOne(name: FigureName, options: BenchOptions, parent: string): Promise<Row[]> {
  const cleanup = new Cleanup();
  const folder = makeFolder(parent, name);
  const startedMs = performance.now();
  const say = (message: string): void =>
    console.error(`[${name} ${((performance.now() - startedMs) / 1000).toFixed(0)} s] ${message}`);
  current = cleanup;
  try {
    return await MEASURES[name]({ options, cleanup, folder, shared: makeFolder(parent, "shared"), say });
  } catch (error) {
    // What fails then was stopped, and nothing else may begin.
    if (leaving) return leaving;
    say(`failed: ${messageOf(error)}`);
    process.exitCode = 1;
    return [];
  } finally {
    await cleanup.run();
    rmSync(folder, { recursive: true, force: true });
    say("done");
  }
}

// What the figure that is being measured has to undo.
let current: Cleanup | undefined;
let leaving: Promise<never> | undefined;

async function leave(cleanup: Cleanup, code: number): Promise<never> {
  await current?.run();
  killChildren();
  await cleanup.run();
  process.exit(code);
}

function present(machine: Machine, rows: readonly Row[], path: string): void {
  console.log(formatReport(machine, rows));
  writeResults(path, machine, rows);
  console.error(`results: ${path}`);
  if (rows.some((row) => verdictOf(row) === "MISS")) console.error("some targets are missed");
}

await main();
