import { relative } from "node:path";
import type { CallOptions } from "@connectrpc/connect";
import { type ControlClient, callControl, fetchStatus } from "../control/client.js";
import type { GlobalOptions } from "./context.js";
import { findSocket } from "./running.js";

/**
 * Asks the running daemon about a path of the tree: below its root, or below the mountpoint, since people paste what their
 * file manager shows.
 */
export async function askAboutPath<Answer>(
  path: string,
  flags: GlobalOptions,
  call: (client: ControlClient, request: { path: string }, options: CallOptions) => Promise<Answer>,
): Promise<Answer> {
  const { socketPath } = await findSocket(flags);
  const { mountpoint } = await fetchStatus(socketPath);
  const request = { path: belowMountpoint(path, mountpoint) };
  return callControl(socketPath, (client, options) => call(client, request, options));
}

function belowMountpoint(path: string, mountpoint: string): string {
  const isBelow = path === mountpoint || path.startsWith(`${mountpoint}/`);
  return isBelow ? `/${relative(mountpoint, path)}` : path;
}
