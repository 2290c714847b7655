import { randomBytes } from "node:crypto";
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { writeFlac } from "../support/audio-flac.js";

const MIB = 1024 * 1024;

/** Shows a track at the root of the mount, under the name that it has in its origin, too. */
export const FLAT_TEMPLATE = "$title.$format";

/** Writes a tagged FLAC file of exactly `sizeMib`: a few frames of music, then what stands for the rest. */
export function writeBigFile(folder: string, title: string, sizeMib: number): string {
  const name = `${title}.flac`;
  const fd = openSync(join(folder, name), "w");
  try {
    const head = writeFlac({ title, artists: ["Bench"], album: "Large Files" });
    const filler = randomBytes(MIB);
    writeSync(fd, head);
    for (let left = sizeMib * MIB - head.length; left > 0; left -= MIB) {
      writeSync(fd, filler, 0, Math.min(left, MIB));
    }
  } finally {
    closeSync(fd);
  }
  return name;
}
