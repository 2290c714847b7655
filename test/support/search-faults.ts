import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import type { SampleTrack } from "musicfs/testing";

/** Tracks that no two words of a title have in common, but for `common`. */
export function numberedTracks(count: number, from = 0): SampleTrack[] {
  return Array.from({ length: count }, (_, index) => ({
    title: `common number${from + index} ${index % 2 === 0 ? "even" : "odd"}`,
    artists: [`Artist ${index % 7}`],
    year: 1950 + (index % 70),
  }));
}

/** Changes a byte in every so many of a file. */
export function damage(path: string, every: number): void {
  const descriptor = openSync(path, "r+");
  const byte = Buffer.alloc(1);
  for (let at = Math.min(every, 7); at < fstatSync(descriptor).size; at += every) {
    readSync(descriptor, byte, 0, 1, at);
    byte[0] = (byte[0] ?? 0) ^ 0x5a;
    writeSync(descriptor, byte, 0, 1, at);
  }
  closeSync(descriptor);
}

/** Processes that this one has started and whose command line holds `text`. */
export function childrenWith(text: string): number[] {
  const threads = readdirSync("/proc/self/task");
  const pids = threads.flatMap((thread) =>
    readFileSync(`/proc/self/task/${thread}/children`, "utf8").trim().split(" "),
  );
  return pids
    .filter((pid) => pid !== "")
    .map(Number)
    .filter((pid) => commandOf(pid).includes(text));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8");
  } catch {
    return "";
  }
}

/** Puts a disk of `bytes` at a folder; needs root. @returns what takes it away. */
export function mountSmallDisk(folder: string, bytes: number): () => void {
  mkdirSync(folder, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${bytes}`, "musicfs-test", folder]);
  return () => void execFileSync("umount", ["-l", folder]);
}

/** Fills a disk, by a file that may be removed. */
export function fillDisk(path: string): void {
  try {
    for (;;) writeFileSync(path, Buffer.alloc(16 * 1024), { flag: "a" });
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, "ENOSPC");
  }
}
