/** Lists folders of searches and prints how long each took, as JSON: `probe-folders.js FOLDER QUERIES ROUND TRACKS`. */
import { readdirSync } from "node:fs";
import { join } from "node:path";

const TRACKS_PER_ARTIST = 20;

/** What people look for: an artist, an album of his, a title that thousands have, a year, a beginning, a slip. */
const KINDS: readonly ((artist: string, number: number) => string)[] = [
  (artist) => `artist ${artist}`,
  (artist) => `artist:${artist} album 2`,
  (_, number) => `some title ${1 + (number % 10)} ${number}`,
  (artist, number) => `title:${1 + (number % 10)} year:${1960 + (number % 2)} -${artist}`,
  (artist) => `artist:${artist.slice(0, 4)}*`,
  (artist) => `${artist}~1`,
];

function main([folder = "", queries, round, tracks]: readonly string[]): void {
  const artists = Math.ceil(Number(tracks) / TRACKS_PER_ARTIST);
  const texts = Array.from({ length: Number(queries) }, (_, index) => {
    const number = Number(round) * Number(queries) + index;
    const artist = String((number * 7919) % artists).padStart(6, "0");
    return KINDS[index % KINDS.length]?.(artist, number) ?? "";
  });
  const first = texts.map((text) => timeOf(join(folder, text)));
  const again = texts.slice(-20).map((text) => timeOf(join(folder, text)));
  console.log(JSON.stringify({ first, again }));
}

function timeOf(path: string): number {
  const startedMs = performance.now();
  readdirSync(path);
  return performance.now() - startedMs;
}

main(process.argv.slice(2));
