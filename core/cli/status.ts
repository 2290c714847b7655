import type { ScanStatus, Status } from "../control/status.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatBytes, formatCount, formatCounted, formatDuration, formatPairs } from "./format.js";
import { printJson, printLine } from "./output.js";
import { findSocket, getStatus } from "./running.js";

/** `musicfs status` */
export async function status({ json, ...flags }: GlobalOptions & { json?: boolean }): Promise<void> {
  const answer = await getStatus(await findSocket(flags));
  if (json) return printJson(answer);
  for (const line of formatStatus(answer)) printLine(line);
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
    ...origins.map(
      ({ id, files, error }) =>
        ["origin", `${id}: ${formatCounted(files, "file")}${error ? `, failing: ${error}` : ""}`] as const,
    ),
    ["requests", requests.join(", ") || "none"],
    ["reads", formatReads(answer)],
  ]).map(escapeControls);
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
