import { callControl, streamControl } from "../control/client.js";
import type { CachePin } from "../control/gen/musicfs/v1/cache_pb.js";
import { type Plain, plainOf } from "../control/plain.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatBytes, formatCount, formatCounted } from "./format.js";
import { printJson, printLine, printMessage } from "./output.js";
import { findSocket } from "./running.js";

const TIMEOUT_MS = 600_000;

interface PinOptions extends GlobalOptions {
  readonly json?: boolean;
}

/** `musicfs cache pin` without a path */
export async function cachePins({ json, ...flags }: PinOptions): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const pins: Plain<CachePin>[] = [];
  for await (const page of streamControl(socketPath, (client, options) =>
    client.listCachePins({}, options),
  )) {
    pins.push(...page.pins.map((pin) => plainOf(pin)));
  }
  if (json) return printJson({ pins });
  if (pins.length === 0) printMessage("nothing is pinned");
  for (const { path, file } of pins) {
    printLine(escapeControls(path || `${file?.originId}: ${file?.path} (not in the tree)`));
  }
}

/** `musicfs cache pin PATH` */
export async function cachePin(path: string, { json, ...flags }: PinOptions): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const { files, changedFiles, totalBytes } = plainOf(
    await callControl(socketPath, (client, options) => client.pinCache({ path }, options), {
      timeoutMs: TIMEOUT_MS,
    }),
  );
  if (json) return printJson({ files, changedFiles, totalBytes });
  const already = files === changedFiles ? "" : ` (${formatCount(files - changedFiles)} were already)`;
  printLine(`pinned ${formatCounted(changedFiles, "file")}, ${formatBytes(totalBytes)} in all${already}`);
  printMessage("they stay once they are read; 'musicfs cache warm' with the same path fetches them now");
}

/** `musicfs cache unpin PATH` */
export async function cacheUnpin(
  path: string,
  { json, dryRun = false, ...flags }: PinOptions & { readonly dryRun?: boolean },
): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const { files, changedFiles } = plainOf(
    await callControl(socketPath, (client, options) => client.unpinCache({ path, dryRun }, options), {
      timeoutMs: TIMEOUT_MS,
    }),
  );
  if (json) return printJson({ dryRun, files, changedFiles });
  printLine(`${dryRun ? "would unpin" : "unpinned"} ${formatCounted(changedFiles, "file")}`);
}
