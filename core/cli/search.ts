import { callControl } from "../control/client.js";
import type { SearchHit, SearchResponse } from "../control/gen/musicfs/v1/search_pb.js";
import { plainOf } from "../control/plain.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatCount, formatCounted } from "./format.js";
import { printJson, printLine, printMessage, usesColours } from "./output.js";
import { findSocket } from "./running.js";

export interface SearchOptions extends GlobalOptions {
  readonly json?: boolean;
  readonly limit: number;
  readonly field: readonly string[];
}

/** Bold, and back. */
const MARK = ["\u001b[1m", "\u001b[22m"] as const;
const NO_MARK = ["", ""] as const;
/** A column is cut at this width on a terminal, so that a line stays one. */
const MAX_CELL = 40;
const HEADER = ["title", "artist", "album", "year", "path"] as const;

/** `musicfs search QUERY` @throws `MFS_QUERY_INVALID`, `MFS_SEARCH_FAILED`. */
export async function search(query: string, { json, limit, field, ...flags }: SearchOptions): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const answer = await callControl(socketPath, (client, options) =>
    client.search({ query, limit, fields: [...field] }, options),
  );
  if (json) return printJson(plainOf(answer));
  const isTerminal = process.stdout.isTTY === true;
  if (answer.hits.length > 0) {
    for (const line of isTerminal ? tableOf(answer.hits) : answer.hits.map(lineOf)) printLine(line);
  }
  for (const line of remarksOn(answer)) printMessage(escapeControls(line));
}

// For `cut` and `awk`: one track a line, its parts parted by tabs, the path last.
function lineOf({ title, artist, album, year, path }: SearchHit): string {
  return [title, artist, album, year ?? "", path].map((cell) => escapeControls(String(cell))).join("\t");
}

function tableOf(hits: readonly SearchHit[]): string[] {
  const mark = usesColours(process.stdout) ? MARK : NO_MARK;
  const rows: Cell[][] = [
    HEADER.map((text) => ({ text, shown: text })),
    ...hits.map((hit) => cellsOf(hit, mark)),
  ];
  const widths = HEADER.map((_, column) => Math.max(...rows.map((row) => row[column]?.text.length ?? 0)));
  return rows.map((row) =>
    row
      .map(({ text, shown }, column) => shown + " ".repeat((widths[column] ?? 0) - text.length))
      .join("  ")
      .trimEnd(),
  );
}

/** `text` is what takes room on the screen, `shown` is the same with its marks. */
interface Cell {
  readonly text: string;
  readonly shown: string;
}

function cellsOf(hit: SearchHit, mark: readonly [string, string]): Cell[] {
  return [
    markedCell(hit, "title", mark),
    markedCell(hit, "artist", mark),
    markedCell(hit, "album", mark),
    plainCell(String(hit.year ?? "")),
    plainCell(escapeControls(hit.path)),
  ];
}

function plainCell(text: string): Cell {
  return { text, shown: text };
}

function markedCell(
  hit: SearchHit,
  field: "title" | "artist" | "album",
  [on, off]: readonly [string, string],
): Cell {
  const whole = hit[field];
  const cut = whole.length > MAX_CELL ? `${whole.slice(0, MAX_CELL - 3)}...` : whole;
  let text = "";
  let shown = "";
  let at = 0;
  for (const { start, length } of hit.highlights.filter((piece) => piece.field === field)) {
    if (start + length > cut.length) break;
    const [before, meant] = [
      escapeControls(cut.slice(at, start)),
      escapeControls(cut.slice(start, start + length)),
    ];
    text += before + meant;
    shown += before + on + meant + off;
    at = start + length;
  }
  const rest = escapeControls(cut.slice(at));
  return { text: text + rest, shown: shown + rest };
}

function remarksOn({ hits, total, indexing, indexedTracks, suggestions }: SearchResponse): string[] {
  const remarks: string[] = [];
  if (hits.length === 0) remarks.push("no track was found");
  else if (total === undefined || total > hits.length) {
    const all = total === undefined ? "there are more" : `of ${formatCount(total)}`;
    remarks.push(`${formatCounted(hits.length, "track")}, ${all} (--limit shows more)`);
  }
  if (suggestions.length > 0) remarks.push(`did you mean: ${suggestions.join("   ")}`);
  if (indexing)
    remarks.push(`still indexing, ${formatCounted(indexedTracks, "track")} so far: some may be missing`);
  return remarks;
}
