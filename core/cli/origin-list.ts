import { callControl } from "../control/client.js";
import { type Origin, OriginState } from "../control/gen/musicfs/v1/origins_pb.js";
import { type Plain, plainOf } from "../control/plain.js";
import { wordOf } from "../control/words.js";
import { MusicfsError } from "../errors.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatBytes, formatCount, formatTable } from "./format.js";
import { printJson, printLine } from "./output.js";
import { findSocket } from "./running.js";

type Options = GlobalOptions & { json?: boolean };

/** `musicfs origin list` */
export async function listOrigins({ json, ...flags }: Options): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const { origins } = await callControl(socketPath, (client, options) => client.listOrigins({}, options));
  if (json) return printJson({ origins: origins.map(describeOrigin) });
  const rows = origins.map((origin) => [
    origin.id,
    wordOf(OriginState, origin.state),
    formatCount(origin.files),
    origin.latencyP50Ms === undefined ? "" : `${origin.latencyP50Ms.toFixed(1)} ms`,
    origin.breaker,
    formatBytes(Number(origin.readBytes)),
    formatCount(origin.sharedFiles),
    origin.held ? `a removal of ${formatCount(origin.held.files)} files is held` : (origin.error ?? ""),
  ]);
  for (const line of formatTable(
    ["ORIGIN", "STATE", "FILES", "LATENCY", "BREAKER", "READ", "SHARED", ""],
    rows,
  ))
    printLine(escapeControls(line));
}

/**
 * `musicfs origin health ID`
 *
 * @throws `MFS_ORIGIN_UNAVAILABLE` when it does not answer, after what is known of it was printed.
 */
export async function checkOriginHealth(originId: string, { json, ...flags }: Options): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const { origin, latencyMs } = await callControl(socketPath, (client, options) =>
    client.getOriginHealth({ originId }, options),
  );
  const described = origin && describeOrigin(origin);
  if (json) printJson({ origin: described, ...(latencyMs === undefined ? {} : { latencyMs }) });
  if (latencyMs === undefined) {
    throw new MusicfsError(
      "MFS_ORIGIN_UNAVAILABLE",
      `origin '${originId}' does not answer: ${origin?.error}`,
    );
  }
  if (!json) printLine(escapeControls(`${originId} answers, in ${latencyMs.toFixed(1)} ms`));
}

function describeOrigin(origin: Origin): Omit<Plain<Origin>, "state"> & { state: string } {
  return { ...plainOf(origin), state: wordOf(OriginState, origin.state) };
}
