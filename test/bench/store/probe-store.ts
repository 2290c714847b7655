import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { createRandom } from "../../contracts/random.js";
import type { FilesOrder, FilesResult, UsesOrder, UsesResult } from "./probes.js";

const MIB = 1024 * 1024;
const PAGE_BYTES = 4096;

/** Reads files from their beginning to their end, one after the other, opening and closing them, too. */
export function files({ paths }: FilesOrder): FilesResult {
  const block = Buffer.alloc(MIB);
  const started = process.hrtime.bigint();
  let bytes = 0;
  for (const path of paths) {
    const fd = openSync(path, "r");
    for (let read = -1; read !== 0; bytes += read) read = readSync(fd, block, 0, block.length, null);
    closeSync(fd);
  }
  return { bytes, seconds: secondsSince(started) };
}

/** What players and shells do with an album, each many times. */
export function uses({ root, file, times, seed }: UsesOrder): UsesResult {
  const random = createRandom(seed);
  const size = statSync(file).size;
  const fd = openSync(file, "r");
  const buffer = Buffer.alloc(MIB);
  const readAt = (bytes: number): void => {
    const offset = random.below(Math.floor((size - bytes) / PAGE_BYTES)) * PAGE_BYTES;
    if (readSync(fd, buffer, 0, bytes, offset) !== bytes) throw new Error(`${file}: a short read`);
  };
  const result = {
    pageUs: medianUs(times, () => readAt(PAGE_BYTES)),
    seekUs: medianUs(Math.ceil(times / 10), () => readAt(MIB)),
    statUs: medianUs(times, () => statSync(file)),
    listUs: medianUs(times, () => readdirSync(root)),
    walkUs: medianUs(Math.ceil(times / 10), () => walk(root)),
  };
  closeSync(fd);
  return result;
}

function walk(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) walk(path);
    else statSync(path);
  }
}

function medianUs(times: number, call: () => void): number {
  const results = new Float64Array(times);
  for (let index = 0; index < times; index++) {
    const started = process.hrtime.bigint();
    call();
    results[index] = secondsSince(started) * 1e6;
  }
  return results.sort()[Math.floor(times / 2)] ?? Number.NaN;
}

function secondsSince(started: bigint): number {
  return Number(process.hrtime.bigint() - started) / 1e9;
}
