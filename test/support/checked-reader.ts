/** Runs as a process of its own: reads files of a mount in many places at once, and compares every byte. */
import { constants } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { createRandom, type Random } from "musicfs/testing";
import { dropPages } from "../bench/probe-calls.js";
import type { CheckedOrder, CheckedResult } from "./checked-reads.js";

const LARGEST_READ = 256 * 1024;

const order = JSON.parse(process.argv[2] ?? "{}") as CheckedOrder;
const result = { reads: 0, bytes: 0, wrong: [] as string[], errors: {} as Record<string, number> };
let isOver = false;
process.once("SIGTERM", () => {
  isOver = true;
});
if (order.durationMs !== undefined) setTimeout(() => (isOver = true), order.durationMs).unref();
process.stdout.write("ready\n");

await Promise.all(
  Array.from({ length: order.readers }, (_, reader) =>
    read(reader, createRandom(order.seed * 1000 + reader)),
  ),
);
process.stdout.write(`${JSON.stringify(result satisfies CheckedResult)}\n`);
process.exit(0);

async function read(reader: number, random: Random): Promise<void> {
  if (order.mode === "whole") {
    for (let index = reader; index < order.tracks.length && !isOver; index += order.readers) {
      await readTrack(index, random);
    }
    return;
  }
  while (!isOver) await readTrack(random.below(order.tracks.length), random);
}

async function readTrack(index: number, random: Random): Promise<void> {
  const track = order.tracks[index];
  if (!track) return;
  const [shown, origin] = await Promise.all([openOrCount(track.shown), open(track.origin)]);
  try {
    if (!shown) return;
    const { size } = await origin.stat();
    if (order.mode === "whole") {
      for (let offset = 0; offset < size && !isOver; offset += LARGEST_READ) {
        await compare(track.shown, shown, origin, offset, Math.min(LARGEST_READ, size - offset));
      }
      return;
    }
    for (let read = 0; read < order.readsPerFile && !isOver; read++) {
      const offset = random.below(size);
      const length = Math.min(1 + random.below(LARGEST_READ), size - offset);
      await compare(track.shown, shown, origin, offset, length);
    }
  } finally {
    await shown?.close().catch(count);
    await origin.close();
  }
}

async function openOrCount(path: string): Promise<FileHandle | undefined> {
  try {
    const file = await open(path, constants.O_RDONLY);
    // Otherwise the kernel answers with what it read before, and nobody is tested.
    dropPages(file.fd);
    return file;
  } catch (error) {
    count(error);
    return undefined;
  }
}

async function compare(
  path: string,
  shown: FileHandle,
  origin: FileHandle,
  offset: number,
  length: number,
): Promise<void> {
  const expected = Buffer.alloc(length);
  await origin.read(expected, 0, length, offset);
  const found = Buffer.alloc(length);
  try {
    for (let done = 0; done < length; ) {
      const { bytesRead } = await shown.read(found, done, length - done, offset + done);
      if (bytesRead === 0) {
        result.wrong.push(`${path} ends at ${offset + done}`);
        return;
      }
      done += bytesRead;
    }
  } catch (error) {
    count(error);
    return;
  }
  result.reads++;
  result.bytes += length;
  if (!found.equals(expected)) {
    const at = found.findIndex((byte, place) => byte !== expected[place]);
    result.wrong.push(`${path} differs at ${offset + at} (read from ${offset}, ${length} bytes)`);
  }
}

function count(error: unknown): void {
  const code = String((error as NodeJS.ErrnoException).code ?? error);
  result.errors[code] = (result.errors[code] ?? 0) + 1;
}
