import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { BenchContext } from "../context.js";
import { run } from "../processes.js";
import type { Row, Target } from "../rows.js";
import type { EngineFigures, EngineName } from "./probe-search.js";

const TRACKS = 1_000_000;
const QUICK_TRACKS = 20_000;
/** Queries of each kind a round. */
const QUERIES = 200;
const QUICK_QUERIES = 30;

const MAKE_CATALOGUE = fileURLToPath(new URL("./make-words-catalogue.js", import.meta.url));
const PROBE = fileURLToPath(new URL("./probe-search.js", import.meta.url));

type Both = Readonly<Record<EngineName, EngineFigures>>;

/** Both search engines over one catalogue: indexing it, searching it, and following it. */
export async function measureSearch({ options, folder, say }: BenchContext): Promise<Row[]> {
  const tracks = options.quick ? QUICK_TRACKS : TRACKS;
  const catalogue = join(folder, "catalogue.sqlite");
  say(`making a catalogue of ${tracks} tracks`);
  await run(process.execPath, [MAKE_CATALOGUE, catalogue, String(tracks)]);
  say("indexing and searching");
  const queries = options.quick ? QUICK_QUERIES : QUERIES;
  const args = [PROBE, catalogue, folder, String(options.rounds), String(queries)];
  const { stdout } = await run(process.execPath, args);
  return rowsOf(JSON.parse(stdout) as Both, `${tracks} tracks`);
}

function rowsOf(both: Both, what: string): Row[] {
  const kinds = Object.keys(both.tantivy.p50);
  return [
    ...kinds.flatMap((kind) => [
      row(both, `search for ${kind}, p50, ${what}`, "ms", (figures) => figures.p50[kind], { atMost: 10 }),
      row(both, `search for ${kind}, p99`, "ms", (figures) => figures.p99[kind], { atMost: 50 }),
    ]),
    row(both, `indexing ${what}`, "tracks/s", (figures) => figures.indexedPerSecond, { atLeast: 20_000 }),
    row(both, `index of ${what}`, "MB", (figures) => figures.indexMb, { atMost: 300 }),
    row(both, "rss growth of the daemon while indexing", "MB", (figures) => figures.rssGrowthMb, {
      atMost: 200,
    }),
    row(both, "rss of the search process while indexing", "MB", (figures) => figures.processRssMb),
    row(both, "longest block of the event loop, indexing", "ms", (figures) => figures.indexingDelayMs, {
      atMost: 20,
    }),
    row(both, "longest block of the event loop, searching", "ms", (figures) => figures.searchingDelayMs, {
      atMost: 20,
    }),
    row(both, "a changed track is found after, worst", "ms", (figures) => figures.visibleMs, {
      atMost: 1000,
    }),
  ];
}

function row(
  { tantivy, sqlite }: Both,
  figure: string,
  unit: string,
  values: (figures: EngineFigures) => number[] | undefined,
  target?: Omit<Target, "subject">,
): Row {
  const rounds = { tantivy: values(tantivy) ?? [], sqlite: values(sqlite) ?? [] };
  return { figure, unit, rounds, ...(target ? { target: { subject: "tantivy", ...target } } : {}) };
}
