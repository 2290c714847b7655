import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { opendir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The tiny library of the examples. */
export const EXAMPLE_LIBRARY = fileURLToPath(new URL("../../../examples/library", import.meta.url));

const AUDIO = /\.(flac|mp3|m4a|ogg|opus|wav)$/i;

/** Paths of all regular files below `folder`, sorted. */
export async function filesBelow(folder: string): Promise<string[]> {
  const paths: string[] = [];
  for await (const entry of await opendir(folder, { recursive: true, bufferSize: 256 })) {
    if (entry.isFile()) paths.push(join(entry.parentPath, entry.name));
  }
  return paths.sort();
}

/** Paths of the files below `folder` that are audio by their extension, sorted. */
export async function audioBelow(folder: string): Promise<string[]> {
  return (await filesBelow(folder)).filter((path) => AUDIO.test(path));
}

/** SHA-256 of what a file holds when it is read from its start to its end, in hex. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest("hex");
}

/** The hashes of many files in their order, a few files at a time. */
export async function hashesOf(paths: readonly string[]): Promise<string[]> {
  const hashes: string[] = new Array<string>(paths.length);
  let next = 0;
  const work = async (): Promise<void> => {
    for (let at = next++; at < paths.length; at = next++) hashes[at] = await hashOf(paths[at] ?? "");
  };
  await Promise.all(Array.from({ length: 4 }, work));
  return hashes;
}

/** Path of the file below `folder` with a content, for each content. */
export async function pathsByHash(paths: readonly string[]): Promise<Map<string, string>> {
  const hashes = await hashesOf(paths);
  return new Map(hashes.map((hash, at) => [hash, paths[at] ?? ""]));
}
