import { join } from "node:path";
import type { BenchContext } from "./context.js";
import { writeBigFile } from "./media.js";
import { makeFolder } from "./peers.js";
import { type LatencyResult, probeLatency } from "./probes.js";
import { type Rounds, type Row, record } from "./rows.js";
import { peersOver } from "./sequential.js";
import { quantileOf } from "./statistics.js";

const FILE_MIB = 64;
const BLOCK_SIZE = 250;
const BLOCKS = 24;
const QUICK_BLOCKS = 8;

const CALLS: readonly { figure: string; key: keyof LatencyResult }[] = [
  { figure: "lookup of a missing name", key: "missingUs" },
  { figure: "open + close", key: "openCloseUs" },
  { figure: "4 KiB random read", key: "randomUs" },
];
const QUANTILES = [
  { name: "p50", fraction: 0.5 },
  { name: "p99", fraction: 0.99 },
] as const;

/** Single calls, one after the other; one process a round, in which the subjects take turns. */
export async function measureLatency(context: BenchContext): Promise<Row[]> {
  const { options, folder } = context;
  const origin = makeFolder(folder, "origin");
  const name = writeBigFile(origin, "Random", FILE_MIB);
  const peers = await peersOver(context, origin, 1);
  context.say("latencies");
  const rows = CALLS.flatMap((call) =>
    QUANTILES.map((quantile) => ({ ...call, quantile, rounds: {} as Rounds })),
  );
  for (let round = 0; round < options.rounds; round++) {
    // Each round begins with another one.
    const subjects = [...peers.values()];
    subjects.push(...subjects.splice(0, round % subjects.length));
    const result = await probeLatency({
      places: subjects.map(({ path, isFuse }) => ({
        folder: path,
        file: join(path, name),
        behind: join(origin, name),
        isFuse,
      })),
      blockSize: BLOCK_SIZE,
      blocks: options.quick ? QUICK_BLOCKS : BLOCKS,
    });
    for (const { key, quantile, rounds } of rows) {
      subjects.forEach(({ subject }, place) => {
        record(rounds, subject, quantileOf(result[key][place] ?? [], quantile.fraction));
      });
    }
  }
  return rows.map(({ figure, quantile, rounds }) => ({
    figure: `${figure}, ${quantile.name}`,
    unit: "µs",
    rounds,
    target: { subject: "musicfs", against: "bindfs", atMost: 1 },
  }));
}
