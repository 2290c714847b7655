import { streamControl } from "../control/client.js";
import type { ScanSummary } from "../control/gen/musicfs/v1/scan_pb.js";
import { type Plain, plainOf } from "../control/plain.js";
import { scanOf } from "../control/scan-message.js";
import { EXIT } from "../errors.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatCount, formatCounted, formatDuration } from "./format.js";
import { printJson, printLine } from "./output.js";
import { findSocket } from "./running.js";
import { createScreen } from "./screen.js";
import { formatScan } from "./status.js";

/** `musicfs rescan`; ends with 1 when an origin could not be listed. */
export async function rescan(
  originId: string | undefined,
  path: string | undefined,
  { json, ...flags }: GlobalOptions & { readonly json?: boolean },
): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const screen = createScreen(process.stderr);
  const request = {
    ...(originId === undefined ? {} : { originId }),
    ...(path === undefined ? {} : { path }),
  };
  const summaries: Plain<ScanSummary>[] = [];
  try {
    const steps = streamControl(socketPath, (client, options) => client.rescanOrigin(request, options));
    for await (const { progress, summary } of steps) {
      if (progress && screen.isTerminal) screen.show(`looking for changes: ${formatScan(scanOf(progress))}`);
      if (summary) summaries.push(plainOf(summary));
    }
  } finally {
    screen.clear();
  }
  if (summaries.some(({ complete }) => !complete)) process.exitCode = EXIT.failure;
  if (json) return printJson({ origins: summaries });
  for (const summary of summaries) printLine(escapeControls(formatSummary(summary)));
}

function formatSummary({
  originId,
  complete,
  files,
  added,
  changed,
  removed,
  durationMs,
}: Plain<ScanSummary>) {
  if (!complete) return `${originId}: cannot be listed; what is known of it stays (musicfs status)`;
  const counts = `${formatCount(added)} new, ${formatCount(changed)} different, ${formatCount(removed)} gone`;
  return `${originId}: ${formatCounted(files, "file")} in ${formatDuration(durationMs)}: ${counts}`;
}
