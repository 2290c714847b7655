/** Reads a file of a mount, or the tags of all files below a folder, and prints how many milliseconds that took. */
import { closeSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";
import { createTagPool } from "#core/library/tags/tag-pool.js";
import { createRandom } from "../../contracts/random.js";

const SEEKS = 50;
const SEEK_BYTES = 64 * 1024;
const MIB = 2 ** 20;

const [what = "", path = "", tracks = "0"] = process.argv.slice(2);
const startedMs = performance.now();
if (what === "scan") await scan(path, Number(tracks));
else readFile(what, path);
console.log(performance.now() - startedMs);

function readFile(how: string, file: string): void {
  const fd = openSync(file, "r");
  const { size } = statSync(file);
  const random = createRandom(7);
  const offsets = {
    whole: Array.from({ length: Math.ceil(size / MIB) }, (_, index) => index * MIB),
    "first-byte": [0],
    seeks: Array.from({ length: SEEKS }, () => random.below(size - SEEK_BYTES)),
  }[how];
  const buffer = Buffer.alloc(how === "whole" ? MIB : SEEK_BYTES);
  for (const offset of offsets ?? []) readSync(fd, buffer, 0, buffer.length, offset);
  closeSync(fd);
}

// With MusicFS's own reader of tags, and as many files at once as its workers read.
async function scan(root: string, tracks: number): Promise<void> {
  const files = namesIn(root) ?? Array.from({ length: tracks }, (_, track) => `track ${track}.flac`);
  const pool = createTagPool({ workers: 8, timeoutMs: 60_000 });
  const jobs = files.map((name, id) => ({
    id,
    path: name,
    sizeBytes: statSync(join(root, name)).size,
    local: { root, followSymlinks: false },
  }));
  const results = await pool.read(jobs, new AbortController().signal);
  const failed = results.find(({ problem }) => problem);
  await pool.close();
  if (failed) throw new Error(`tags could not be read: ${failed.problem?.detail}`);
}

// Newer kernels ask for more of a folder at a time than davfs2 answers; its files are there all the same.
function namesIn(root: string): readonly string[] | undefined {
  try {
    return readdirSync(root).filter((name) => name.endsWith(".flac"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EINVAL") return undefined;
    throw error;
  }
}
