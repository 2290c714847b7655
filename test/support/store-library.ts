import { closeSync, mkdirSync, openSync, readdirSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { createRandom } from "musicfs/testing";
import { writeFlac } from "./audio-flac.js";
import { filesBelow } from "./tree-files.js";

/** A track as the mount shows it, and the file that it is made of. */
export interface ShownTrack {
  readonly shown: string;
  readonly origin: string;
}

const PIECE_BYTES = 1024 * 1024;
const NAME = /T\d{5}/;

/**
 * Writes `count` tagged FLAC files of exactly `bytes`: a few frames of music, and then bytes that no other file
 * has. The same for the same `seed`.
 */
export function writeTracks(folder: string, count: number, bytes: number, seed = 1): void {
  mkdirSync(folder, { recursive: true });
  for (let track = 1; track <= count; track++) {
    const title = `T${String(track).padStart(5, "0")}`;
    const random = createRandom(seed * 100_003 + track);
    const head = writeFlac({ title, artists: ["Store"], album: "Faults" });
    const fd = openSync(join(folder, `${title}.flac`), "w");
    writeSync(fd, head);
    for (let left = bytes - head.length; left > 0; left -= PIECE_BYTES) {
      writeSync(fd, random.bytes(Math.min(left, PIECE_BYTES)));
    }
    closeSync(fd);
  }
}

/** Where the mount shows what {@link writeTracks} wrote, in the order of the tracks. */
export async function shownTracks(mountpoint: string, library: string): Promise<readonly ShownTrack[]> {
  const byTitle = new Map(
    (await filesBelow(mountpoint)).map((path) => [NAME.exec(basename(path))?.[0], path] as const),
  );
  return readdirSync(library)
    .sort()
    .map((name) => {
      const shown = byTitle.get(NAME.exec(name)?.[0]);
      if (shown === undefined) throw new Error(`the mount does not show ${name}`);
      return { shown, origin: join(library, name) };
    });
}
