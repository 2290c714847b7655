import { closeSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { dropPages } from "../probe-calls.js";
import type { BurstOrder, BurstResult } from "./measure.js";

const PAGE_BYTES = 4096;

/** Holds every file of a folder open for a while, then reads a page of each and closes it, and times that. */
export function burst({ folder, holdMs }: BurstOrder): BurstResult {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const fds = paths.map((path) => openSync(path, "r"));
  for (const fd of fds) dropPages(fd);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, holdMs);
  const page = Buffer.alloc(PAGE_BYTES);
  const started = process.hrtime.bigint();
  for (const fd of fds) {
    readSync(fd, page, 0, PAGE_BYTES, 0);
    closeSync(fd);
  }
  return { files: fds.length, durationMs: Number(process.hrtime.bigint() - started) / 1e6 };
}
