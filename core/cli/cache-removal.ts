import { type ControlClient, callControl } from "../control/client.js";
import { plainOf } from "../control/plain.js";
import type { GlobalOptions } from "./context.js";
import { formatBytes, formatCounted } from "./format.js";
import { printJson, printLine } from "./output.js";
import { findSocket } from "./running.js";

/** Removing may wait for a slow disk. */
const TIMEOUT_MS = 600_000;

interface RemovalOptions extends GlobalOptions {
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `musicfs cache clear` */
export async function cacheClear(
  options: RemovalOptions & { readonly origin?: string; readonly pinned?: boolean },
): Promise<void> {
  const { origin, pinned = false, dryRun = false } = options;
  const request = { pinned, dryRun, ...(origin === undefined ? {} : { originId: origin }) };
  await remove(options, (client, call) => client.clearCache(request, call));
}

/** `musicfs cache gc` */
export async function cacheGc(options: RemovalOptions): Promise<void> {
  const { dryRun = false } = options;
  await remove(options, (client, call) => client.collectCacheGarbage({ dryRun }, call));
}

async function remove(
  { json, dryRun = false, ...flags }: RemovalOptions,
  call: (
    client: ControlClient,
    options: Parameters<ControlClient["clearCache"]>[1],
  ) => Promise<{ readonly files: bigint; readonly bytes: bigint }>,
): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const { files, bytes } = plainOf(
    await callControl(socketPath, (client, options) => call(client, options), { timeoutMs: TIMEOUT_MS }),
  );
  if (json) return printJson({ dryRun, files, bytes });
  const what = `${formatCounted(files, "file")}, ${formatBytes(bytes)}`;
  printLine(dryRun ? `would remove ${what}` : `removed ${what}`);
}
