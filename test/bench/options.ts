import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

/** The figures, by the name that `--only` takes. */
export const FIGURES = [
  "sequential",
  "latency",
  "walking",
  "starting",
  "scanning",
  "changes",
  "million",
  "store",
  "search",
  "events",
  "remote",
] as const;
export type FigureName = (typeof FIGURES)[number];

export interface BenchOptions {
  readonly rounds: number;
  readonly figures: readonly FigureName[];
  /** Smaller files and libraries, fewer rounds: to see that everything works, not to quote. */
  readonly quick: boolean;
  /** Absolute path of the results; `undefined` leaves them beside the working files. */
  readonly json: string | undefined;
  /** Absolute; holds the working files, which are removed at the end. */
  readonly dir: string;
}

const USAGE = `usage: npm run bench -- [--quick] [--rounds N] [--only NAME,...] [--json FILE] [--dir DIR]
  --rounds N   interleaved rounds of every figure (default 5; 3 with --quick)
  --only       of ${FIGURES.join(", ")}
  --json FILE  where the results go, with every round (default: a file in the temporary folder)
  --dir DIR    folder for the working files, some 2 GB (default: the temporary folder)`;

/** @throws Error whose message says how it is used. */
export function parseOptions(args: readonly string[], cwd: string): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      only: { type: "string", multiple: true },
      json: { type: "string" },
      dir: { type: "string" },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error(`--rounds must be a number\n${USAGE}`);
  return {
    rounds,
    figures: parseFigures(values.only),
    quick: values.quick,
    json: values.json === undefined ? undefined : resolve(cwd, values.json),
    dir: resolve(cwd, values.dir ?? tmpdir()),
  };
}

function parseFigures(only: readonly string[] | undefined): readonly FigureName[] {
  const wanted = (only ?? []).flatMap((names) => names.split(","));
  const unknown = wanted.find((name) => !FIGURES.some((figure) => figure === name));
  if (unknown !== undefined) throw new Error(`there is no figure '${unknown}'\n${USAGE}`);
  return wanted.length === 0 ? FIGURES : FIGURES.filter((figure) => wanted.includes(figure));
}
