import { medianOf, ratiosOf } from "./statistics.js";

/**
 * What is measured: the disk itself, its peers, and MusicFS in each of its ways and by each of its search engines; `best` is the
 * best of the peers in each round.
 */
export const SUBJECTS = [
  "direct",
  "bindfs",
  "rclone",
  "sshfs",
  "davfs2",
  "s3fs",
  "musicfs",
  "copying",
  "native",
  "tantivy",
  "sqlite",
  "best",
] as const;
export type Subject = (typeof SUBJECTS)[number];

/** One value a round, in the order of the rounds, for each subject that was measured. */
export type Rounds = Partial<Record<Subject, number[]>>;

/** A bound on a subject's median, or on the median of its per-round ratio to another subject. */
export interface Target {
  readonly subject: Subject;
  readonly against?: Subject;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** One line of the report. */
export interface Row {
  readonly figure: string;
  readonly unit: string;
  readonly rounds: Rounds;
  /** Absent: reported only. */
  readonly target?: Target;
}

export type Verdict = "PASS" | "MISS" | "report";

/** The values that the target bounds, one a round. */
export function judgedValues({ rounds, target }: Row): number[] {
  const own = target && rounds[target.subject];
  if (!own) return [];
  const against = target.against && rounds[target.against];
  return against ? ratiosOf(own, against) : own;
}

/** A target whose subject could not be measured is missed. */
export function verdictOf(row: Row): Verdict {
  const { target } = row;
  if (!target) return "report";
  const values = judgedValues(row);
  if (values.length === 0) return "MISS";
  const median = medianOf(values);
  const holds = median >= (target.atLeast ?? -Infinity) && median <= (target.atMost ?? Infinity);
  return holds ? "PASS" : "MISS";
}

/**
 * Measures every subject once a round, each round beginning with another one, so that a slow minute of the
 * machine, or what one leaves behind for the next, falls on all alike.
 */
export async function interleave<S extends Subject>(
  rounds: number,
  subjects: readonly S[],
  measure: (subject: S, round: number) => Promise<void>,
): Promise<void> {
  for (let round = 0; round < rounds; round++) {
    for (let place = 0; place < subjects.length; place++) {
      await measure(subjects[(place + round) % subjects.length] as S, round);
    }
  }
}

/** Adds a subject's value of the present round. */
export function record(rounds: Rounds, subject: Subject, value: number): void {
  const values = rounds[subject] ?? [];
  values.push(value);
  rounds[subject] = values;
}
