import { join } from "node:path";
import { putCatalogue } from "./catalogues.js";
import type { BenchContext } from "./context.js";
import { rssBytesOf } from "./instance.js";
import { makeFolder, musicfsPeer } from "./peers.js";
import { timeOf } from "./processes.js";
import type { Row } from "./rows.js";

const TRACKS = 1_000_000;

/** A very big library: time and memory of walking all of it. */
export async function measureMillion(context: BenchContext): Promise<Row[]> {
  const { options, folder, cleanup, say } = context;
  if (options.quick) return [];
  const home = makeFolder(folder, "musicfs");
  await putCatalogue(context, TRACKS, join(home, "state"));
  const origin = makeFolder(folder, "origin");
  const { instance, path, stop } = await musicfsPeer(cleanup, "musicfs", { folder: home, origin }, TRACKS);
  const { pid } = await instance.status();
  say(`walking ${TRACKS} tracks`);
  const first = await timeOf("find", [path, "-type", "f"]);
  const warm: number[] = [];
  const rss: number[] = [];
  for (let round = 0; round < options.rounds; round++) {
    warm.push((await timeOf("find", [path, "-type", "f"])) / 1000);
    rss.push(rssBytesOf(pid) / 1e6);
  }
  await stop();
  const what = `${TRACKS} tracks`;
  return [
    { figure: `first find over ${what}`, unit: "s", rounds: { musicfs: [first / 1000] } },
    { figure: `find over ${what}, warm`, unit: "s", rounds: { musicfs: warm } },
    { figure: `rss after walking ${what}`, unit: "MB", rounds: { musicfs: rss } },
  ];
}
