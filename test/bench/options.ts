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

/** The servers of the figure `remote`, by the name that `--servers` takes. */
export const REMOTE_SERVER_NAMES = ["sftp", "webdav", "s3"] as const;
export type RemoteServerName = (typeof REMOTE_SERVER_NAMES)[number];

export interface BenchOptions {
  readonly rounds: number;
  readonly figures: readonly FigureName[];
  /** What `remote` is measured with. */
  readonly servers: readonly RemoteServerName[];
  /** Smaller files and libraries, fewer rounds: to see that everything works, not to quote. */
  readonly quick: boolean;
  /** Absolute path of the results; `undefined` leaves them beside the working files. */
  readonly json: string | undefined;
  /** Absolute; holds the working files, which are removed at the end. */
  readonly dir: string;
}

const USAGE = `usage: npm run bench -- [--quick] [--rounds N] [--only NAME,...] [--servers NAME,...] [--json FILE] [--dir DIR]
  --rounds N   interleaved rounds of every figure (default 5; 3 with --quick)
  --only       of ${FIGURES.join(", ")}
  --servers    of ${REMOTE_SERVER_NAMES.join(", ")}: with which "remote" is measured (default all)
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
      servers: { type: "string", multiple: true },
      json: { type: "string" },
      dir: { type: "string" },
    },
  });
  const rounds = Number(values.rounds ?? (values.quick ? 3 : 5));
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error(`--rounds must be a number\n${USAGE}`);
  return {
    rounds,
    figures: parseNames(values.only, FIGURES, "figure"),
    servers: parseNames(values.servers, REMOTE_SERVER_NAMES, "server"),
    quick: values.quick,
    json: values.json === undefined ? undefined : resolve(cwd, values.json),
    dir: resolve(cwd, values.dir ?? tmpdir()),
  };
}

// All of them where none is named.
function parseNames<Name extends string>(
  given: readonly string[] | undefined,
  known: readonly Name[],
  what: string,
): readonly Name[] {
  const wanted = (given ?? []).flatMap((names) => names.split(","));
  const unknown = wanted.find((name) => !known.some((one) => one === name));
  if (unknown !== undefined) throw new Error(`there is no ${what} '${unknown}'\n${USAGE}`);
  return wanted.length === 0 ? known : known.filter((one) => wanted.includes(one));
}
