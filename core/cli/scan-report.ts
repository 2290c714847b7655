import { streamControl } from "../control/client.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatCounted } from "./format.js";
import { printJson, printLine, printMessage } from "./output.js";
import { findSocket } from "./running.js";

interface ScanReportOptions extends GlobalOptions {
  readonly origin?: string;
  readonly reason?: string;
  readonly limit?: number;
  readonly json?: boolean;
}

interface Problem {
  readonly originId: string;
  readonly path: string;
  readonly reason: string;
  readonly detail: string;
}

/** `musicfs scan --report`: files that are shown by folder and name since their tags could not be read. */
export async function scanReport({
  origin,
  reason,
  limit,
  json,
  ...flags
}: ScanReportOptions): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const request = {
    ...(origin === undefined ? {} : { originId: origin }),
    ...(reason === undefined ? {} : { reason }),
    ...(limit === undefined ? {} : { limit }),
  };
  const byReason = new Map<string, Problem[]>();
  const pages = streamControl(socketPath, (client, options) => client.getScanReport(request, options));
  for await (const { problems } of pages) {
    for (const { originId, path, reason: word, detail } of problems) {
      const others = byReason.get(word) ?? [];
      others.push({ originId, path, reason: word, detail });
      byReason.set(word, others);
    }
  }
  const reasons = [...byReason].sort(([a, one], [b, other]) => other.length - one.length || (a < b ? -1 : 1));
  if (json) {
    const counts = Object.fromEntries(reasons.map(([word, problems]) => [word, problems.length]));
    return printJson({ counts, problems: reasons.flatMap(([, problems]) => problems) });
  }
  if (reasons.length === 0) printMessage("the tags of every file could be read");
  for (const [word, problems] of reasons) {
    printLine(`${word}  (${formatCounted(problems.length, "file")})`);
    for (const { originId, path, detail } of problems) {
      printLine(`  ${escapeControls(`${originId}: ${path}: ${detail}`)}`);
    }
  }
}
