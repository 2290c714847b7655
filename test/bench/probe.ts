/**
 * What touches the mounts: runs as a process of its own, so that neither a mount's server nor the benchmark
 * itself ever waits for a mount. `probe.js NAME JSON` prints its result as JSON.
 */
import { execFileSync } from "node:child_process";
import { closeSync, openSync, readFileSync, readSync, statSync } from "node:fs";
import { burst } from "./events/probe-burst.js";
import {
  access,
  close,
  dropPages,
  expectRandomReads,
  open,
  pathBytes,
  pread,
  waitForMounts,
} from "./probe-calls.js";
import type {
  LatencyOrder,
  LatencyPlace,
  LatencyResult,
  MountedOrder,
  SequentialOrder,
  SequentialResult,
} from "./probes.js";
import { files, uses } from "./store/probe-store.js";

const MIB = 1024 * 1024;
const PAGE_BYTES = 4096;
/** Calls at each place that nobody counts. */
const WARM_UP = 200;

function sequential({ path, behind, isFuse, repeats }: SequentialOrder): SequentialResult {
  const block = Buffer.alloc(MIB);
  const first: number[] = [];
  const second: number[] = [];
  readWhole(behind, block);
  for (let repeat = 0; repeat < repeats; repeat++) {
    if (isFuse) forget(path);
    first.push(readWhole(path, block));
    second.push(readWhole(path, block));
  }
  return { first, second };
}

/** @returns bytes a second of the reads alone, opening and closing left out. */
function readWhole(path: string, block: Buffer): number {
  const fd = openSync(path, "r");
  const started = process.hrtime.bigint();
  let bytes = 0;
  for (let read = -1; read !== 0; bytes += read) read = readSync(fd, block, 0, block.length, null);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  closeSync(fd);
  return bytes / seconds;
}

function forget(path: string): void {
  const fd = openSync(path, "r");
  dropPages(fd);
  closeSync(fd);
}

function latency(order: LatencyOrder): LatencyResult {
  for (const { behind } of order.places) readWhole(behind, Buffer.alloc(MIB));
  return {
    missingUs: inTurns(order, missingNames),
    openCloseUs: inTurns(order, openCloses),
    randomUs: inTurns(order, randomReads),
  };
}

/** One kind of call at one place, the n-th of them. */
type Call = (index: number) => void;

function missingNames({ folder }: LatencyPlace, calls: number): Call {
  const names = Array.from({ length: calls }, (_, index) =>
    pathBytes(`${folder}/missing ${process.pid} ${index}`),
  );
  return (index) => access(names[index], 0);
}

function openCloses({ file }: LatencyPlace): Call {
  const path = pathBytes(file);
  return () => close(open(path, 0));
}

// Each page at most once and without reading ahead, so that no page cache but the origin's own can answer.
function randomReads({ file, isFuse }: LatencyPlace): Call {
  const fd = openSync(file, "r");
  if (isFuse) dropPages(fd);
  expectRandomReads(fd);
  const pages = shuffled(Math.floor(statSync(file).size / PAGE_BYTES));
  const page = Buffer.alloc(PAGE_BYTES);
  return (index) => {
    const read = pread(fd, page, PAGE_BYTES, (pages[index] ?? 0) * PAGE_BYTES);
    if (read !== PAGE_BYTES) throw new Error(`${file}: read ${read} bytes of a page`);
  };
}

// A pair of processes can stay in a fast or a slow habit of the scheduler for thousands of calls: short
// blocks in turns let every place meet both.
function inTurns(
  { places, blockSize, blocks }: LatencyOrder,
  callsOf: (place: LatencyPlace, calls: number) => Call,
): number[][] {
  const calls = places.map((place) => callsOf(place, WARM_UP + blocks * blockSize));
  const results: number[][] = places.map(() => []);
  for (const call of calls) for (let index = 0; index < WARM_UP; index++) call(index);
  for (let block = 0; block < blocks; block++) {
    calls.forEach((call, place) => {
      const first = WARM_UP + block * blockSize;
      for (let index = first; index < first + blockSize; index++) results[place]?.push(timeUs(call, index));
    });
  }
  return results;
}

function timeUs(call: Call, index: number): number {
  const started = process.hrtime.bigint();
  call(index);
  return Number(process.hrtime.bigint() - started) / 1e3;
}

function shuffled(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  for (let index = count - 1; index > 0; index--) {
    const other = Math.floor(Math.random() * (index + 1));
    const kept = order[index] as number;
    order[index] = order[other] as number;
    order[other] = kept;
  }
  return order;
}

/** Says `ready`, waits until `mountpoint` is mounted, and times its first answer and its first `ls`. */
function mounted({ mountpoint, timeoutMs }: MountedOrder): object {
  const mounts = openSync("/proc/self/mounts", "r");
  const place = ` ${mountpoint.replaceAll(" ", "\\040")} `;
  const deadlineMs = performance.now() + timeoutMs;
  process.stdout.write("ready\n");
  for (;;) {
    waitForMounts(mounts, 1000);
    const mountedNs = process.hrtime.bigint();
    if (readFileSync("/proc/self/mounts", "utf8").includes(place)) {
      statSync(mountpoint);
      const answeredNs = process.hrtime.bigint();
      execFileSync("ls", [mountpoint], { stdio: ["ignore", "ignore", "inherit"] });
      const listedNs = process.hrtime.bigint();
      return { mountedNs: `${mountedNs}`, answeredNs: `${answeredNs}`, listedNs: `${listedNs}` };
    }
    if (performance.now() > deadlineMs) throw new Error(`nothing was mounted at ${mountpoint}`);
  }
}

const PROBES: Record<string, (order: never) => object> = { sequential, latency, mounted, files, uses, burst };

const [name = "", order = "{}"] = process.argv.slice(2);
const probe = PROBES[name];
if (!probe) throw new Error(`there is no probe '${name}'`);
process.stdout.write(JSON.stringify(probe(JSON.parse(order) as never)));
