import { streamControl } from "../control/client.js";
import type { CacheUsage } from "../control/gen/musicfs/v1/cache_pb.js";
import { type Plain, plainOf } from "../control/plain.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatBytes, formatCounted } from "./format.js";
import { printJson, printLine, printMessage } from "./output.js";
import { findSocket } from "./running.js";

interface UsageOptions extends GlobalOptions {
  readonly depth: number;
  readonly json?: boolean;
}

/** `musicfs cache du` */
export async function cacheUsage(
  path: string | undefined,
  { depth, json, ...flags }: UsageOptions,
): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const request = { depth, ...(path === undefined ? {} : { path }) };
  const entries: Plain<CacheUsage>[] = [];
  const pages = streamControl(socketPath, (client, options) => client.getCacheUsage(request, options));
  for await (const page of pages) entries.push(...page.entries.map((entry) => plainOf(entry)));
  if (json) return printJson({ entries });
  if (entries.length === 0) printMessage("nothing of it is in the cache");
  const width = Math.max(0, ...entries.map(({ cachedBytes }) => formatBytes(cachedBytes).length));
  for (const entry of entries) printLine(formatUsage(entry, width));
}

function formatUsage({ path, files, cachedBytes, pinnedFiles }: Plain<CacheUsage>, width: number): string {
  const pinned = pinnedFiles > 0 ? `, ${formatCounted(pinnedFiles, "file")} pinned` : "";
  const name = path === "" ? "(not in the tree)" : escapeControls(path);
  return `${formatBytes(cachedBytes).padStart(width)}  ${name}  (${formatCounted(files, "file")}${pinned})`;
}
