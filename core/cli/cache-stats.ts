import { callControl } from "../control/client.js";
import { CacheState, type GetCacheStatsResponse } from "../control/gen/musicfs/v1/cache_pb.js";
import { type Plain, plainOf } from "../control/plain.js";
import { wordOf } from "../control/words.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatBytes, formatCount, formatCounted, formatPairs } from "./format.js";
import { printJson, printLine } from "./output.js";
import { findSocket } from "./running.js";

type Stats = Omit<Plain<GetCacheStatsResponse>, "state"> & { readonly state: string };

/** `musicfs cache stats` */
export async function cacheStats({ json, ...flags }: GlobalOptions & { json?: boolean }): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const answer = plainOf(
    await callControl(socketPath, (client, options) => client.getCacheStats({}, options)),
  );
  const stats: Stats = { ...answer, state: wordOf(CacheState, answer.state) };
  if (json) return printJson(stats);
  for (const line of formatStats(stats)) printLine(line);
}

function formatStats(stats: Stats): string[] {
  const { files, wholeFiles, pinnedFiles, chunks, uniqueChunks, storedBytes, indexBytes, maxBytes } = stats;
  const used = Math.round((100 * (storedBytes + indexBytes)) / maxBytes);
  return formatPairs([
    ["state", stats.problem === undefined ? stats.state : `${stats.state}: ${stats.problem}`],
    [
      "files",
      `${formatCounted(files, "file")}, ${formatCount(wholeFiles)} whole, ${formatCount(pinnedFiles)} pinned`,
    ],
    [
      "bytes",
      `${formatBytes(stats.logicalBytes)} of files on ${formatBytes(storedBytes)} of disk (${stats.ratio.toFixed(2)} x)`,
    ],
    [
      "limit",
      `${used} % of ${formatBytes(maxBytes)}, ${formatBytes(stats.minFreeBytes)} of the disk stay free`,
    ],
    ["chunks", `${formatCount(chunks)}, ${formatCount(uniqueChunks)} different ones`],
    ["reads", formatReads(stats)],
    ["origins", `${formatBytes(stats.originBytes)} in ${formatCounted(stats.originRequests, "request")}`],
    ...(stats.deltaFiles > 0 ? [["changed", formatDelta(stats)] as const] : []),
    ["evicted", `${formatCounted(stats.evictions, "file")}, ${formatBytes(stats.evictedBytes)}`],
    ["damaged", `${formatCounted(stats.corruptChunks, "piece")}, dropped before anybody read them`],
    ...stats.origins.map(({ originId, ...origin }) => {
      const fetched = `${formatBytes(origin.originBytes)} fetched`;
      const limit = origin.maxBytes === undefined ? "" : ` (of ${formatBytes(origin.maxBytes)} at most)`;
      const kept = `${formatCounted(origin.files, "file")}, ${formatBytes(origin.logicalBytes)}${limit}`;
      return ["origin", `${originId}: ${kept}, ${fetched}`] as const;
    }),
  ]).map(escapeControls);
}

function formatDelta({ deltaFiles, deltaTakenBytes, deltaFetchedBytes }: Stats): string {
  const kept = `${formatBytes(deltaTakenBytes)} as before`;
  return `${formatCounted(deltaFiles, "file")}, ${kept}, ${formatBytes(deltaFetchedBytes)} fetched`;
}

function formatReads({ hits, misses, hitBytes, bypassedBytes }: Stats): string {
  const all = hits + misses;
  const share = all === 0 ? "" : ` (${Math.round((100 * hits) / all)} %)`;
  return [
    `${formatCount(hits)} from the cache${share}`,
    `${formatBytes(hitBytes)}`,
    ...(bypassedBytes > 0 ? [`${formatBytes(bypassedBytes)} not kept`] : []),
  ].join(", ");
}
