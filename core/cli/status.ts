import { setTimeout as delay } from "node:timers/promises";
import type { OriginStatus, ScanStatus, SearchStatus, Status } from "../control/status.js";
import { isMusicfsError } from "../errors.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatBytes, formatCount, formatCounted, formatDuration, formatPairs } from "./format.js";
import { printJson, printLine, printMessage } from "./output.js";
import { findSocket, getStatus } from "./running.js";

export interface StatusOptions extends GlobalOptions {
  readonly json?: boolean;
  readonly watch?: boolean;
}

const LOOK_EVERY_MS = 1000;
const CLEAR_SCREEN = "\u001b[H\u001b[2J";

/** `musicfs status`; with `watch` until the instance ends, which is no error. */
export async function status({ json, watch, ...flags }: StatusOptions): Promise<void> {
  const socket = await findSocket(flags);
  show(await getStatus(socket), json === true, watch === true);
  while (watch) {
    await delay(LOOK_EVERY_MS);
    const answer = await getStatus(socket).catch(endWithInstance);
    if (!answer) return;
    show(answer, json === true, true);
  }
}

function show(answer: Status, json: boolean, isOneOfMany: boolean): void {
  if (isOneOfMany && !json) printLine(process.stdout.isTTY ? CLEAR_SCREEN : "");
  if (json) printJson(answer);
  else for (const line of formatStatus(answer)) printLine(line);
}

function endWithInstance(error: unknown): undefined {
  if (!isMusicfsError(error) || error.code !== "MFS_NOT_RUNNING") throw error;
  printMessage("MusicFS has ended");
}

function formatStatus(answer: Status): string[] {
  const { state, mountpoint, driver, pid, uptimeMs, tracks, directories, bytes, scan, origins } = answer;
  const requests = Object.entries(answer.requests)
    .filter(([, count]) => count > 0)
    .sort(([, one], [, other]) => other - one)
    .map(([kind, count]) => `${kind} ${formatCount(count)}`);
  return formatPairs([
    ["state", `${state} at ${mountpoint} (${driver})`],
    ["process", `${pid}, up ${formatDuration(uptimeMs)}, ${formatBytes(answer.rssBytes)} of memory`],
    [
      "library",
      `${formatCounted(tracks, "track")} in ${formatCount(directories)} folders, ${formatBytes(bytes)}`,
    ],
    ["scan", formatScan(scan)],
    ...origins.map((origin) => ["origin", formatOrigin(origin)] as const),
    ["search", formatSearch(answer.search)],
    ["requests", requests.join(", ") || "none"],
    ["reads", formatReads(answer)],
  ]).map(escapeControls);
}

const CHANGES = {
  watch: "watched",
  poll: "listed again from time to time",
  rescan: "listed again on demand",
} as const;

function formatOrigin({ id, files, changes, error, held }: OriginStatus): string {
  return [
    `${id}: ${formatCounted(files, "file")}`,
    CHANGES[changes],
    ...(error ? [`failing: ${error}`] : []),
    ...(held
      ? [`${formatCounted(held.files, "file")} missing at once and held: musicfs origin confirm`]
      : []),
  ].join(", ");
}

/** `1,200 of 5,000 files, 800/s, 5 s to go` */
export function formatScan({ state, done, total, skipped, unreadableFolders, ...rest }: ScanStatus): string {
  const progress =
    state === "idle"
      ? "idle"
      : `${formatCount(done)} of ${formatCount(total)} files, ${rest.filesPerSecond}/s`;
  return [
    progress,
    ...(rest.etaMs === undefined ? [] : [`${formatDuration(rest.etaMs)} to go`]),
    ...(skipped > 0 ? [`${formatCount(skipped)} with a problem`] : []),
    ...(unreadableFolders > 0 ? [`${formatCounted(unreadableFolders, "folder")} unreadable`] : []),
  ].join(", ");
}

/** `indexing, 1,200 tracks so far (search-tantivy)` */
function formatSearch({ engine, state, tracks, reason }: SearchStatus): string {
  const why = reason ? `: ${reason}` : "";
  if (engine === "" || state === "failed") return `none${why}`;
  return `${state}, ${formatCounted(tracks, "track")}${state === "indexing" ? " so far" : ""} (${engine})${why}`;
}

function formatReads({
  copiedBytes,
  passthroughBytes,
  passthroughOpens,
  openFiles,
  ...rest
}: Status): string {
  const failures = rest.passthroughFailures > 0 ? ` (${rest.passthroughFailures} refused)` : "";
  return [
    `${formatBytes(copiedBytes)} copied`,
    `${formatBytes(passthroughBytes)} passed through in ${formatCounted(passthroughOpens, "open")}${failures}`,
    `${formatCounted(openFiles, "file")} open`,
  ].join(", ");
}
