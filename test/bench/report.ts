import { writeFileSync } from "node:fs";
import type { Machine } from "./machine.js";
import { judgedValues, type Row, SUBJECTS, type Subject, type Target, verdictOf } from "./rows.js";
import { type Spread, spreadOf } from "./statistics.js";

const TITLES: Readonly<Record<Subject, string>> = {
  direct: "direct",
  bindfs: "bindfs",
  rclone: "rclone",
  sshfs: "sshfs",
  davfs2: "davfs2",
  s3fs: "s3fs",
  musicfs: "MusicFS",
  copying: "MusicFS copying",
  native: "fuse-native",
  tantivy: "tantivy",
  sqlite: "SQLite",
  best: "best peer",
};

/** A Markdown table; every cell is the median of the rounds, with their least and greatest behind it. */
export function formatReport(machine: Machine, rows: readonly Row[]): string {
  const lines = Object.entries(machine).map(([label, text]) => `- ${label}: ${text}`);
  const subjects = SUBJECTS.filter((subject) => rows.some(({ rounds }) => rounds[subject]));
  const head = ["figure", "unit", ...subjects.map((subject) => TITLES[subject]), "judged", "target", ""];
  return [...lines, "", ...formatTable([head, ...rows.map((row) => cellsOf(row, subjects))]), ""].join("\n");
}

/** Everything that was measured, round by round. */
export function writeResults(path: string, machine: Machine, rows: readonly Row[]): void {
  const results = rows.map((row) => {
    const judged = judgedValues(row);
    return {
      ...row,
      summary: Object.fromEntries(
        Object.entries(row.rounds).map(([subject, values]) => [subject, spreadOf(values)]),
      ),
      ...(judged.length > 0 ? { judged: { rounds: judged, ...spreadOf(judged) } } : {}),
      verdict: verdictOf(row),
    };
  });
  writeFileSync(path, `${JSON.stringify({ machine, results }, undefined, 2)}\n`);
}

function cellsOf(row: Row, subjects: readonly Subject[]): string[] {
  const judged = judgedValues(row);
  const ratio = row.target?.against !== undefined;
  return [
    row.figure,
    row.unit,
    ...subjects.map((subject) => formatSpread(row.rounds[subject])),
    judged.length > 0 && ratio ? formatSpread(judged) : "",
    formatTarget(row),
    verdictOf(row),
  ];
}

function formatTarget({ target, unit }: Row): string {
  if (!target) return "";
  const of = target.against === undefined ? unit : `x ${TITLES[target.against]}`;
  return `${TITLES[target.subject]} ${formatBounds(target)} ${of}`;
}

function formatBounds({ atLeast, atMost }: Target): string {
  if (atLeast === undefined) return `<= ${atMost}`;
  if (atMost === undefined) return `>= ${atLeast}`;
  return atLeast === atMost ? `= ${atLeast}` : `${formatNumber(atLeast)}..${formatNumber(atMost)}`;
}

function formatSpread(values: readonly number[] | undefined): string {
  if (!values || values.length === 0) return "";
  const { median, min, max }: Spread = spreadOf(values);
  return `${formatNumber(median)} (${formatNumber(min)}..${formatNumber(max)})`;
}

// Three digits that mean something.
function formatNumber(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function formatTable([head = [], ...body]: readonly (readonly string[])[]): string[] {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...body].map((row) => (row[column] ?? "").length), 3),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)];
}
