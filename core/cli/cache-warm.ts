import { streamControl } from "../control/client.js";
import type { CacheFailure, PrefetchResponse } from "../control/gen/musicfs/v1/cache_pb.js";
import { type Plain, plainOf } from "../control/plain.js";
import { EXIT, MusicfsError } from "../errors.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatBytes, formatCounted } from "./format.js";
import { printJson, printLine, printMessage } from "./output.js";
import { readPathList } from "./path-list.js";
import { ProgressLine } from "./progress-line.js";
import { findSocket, getStatus } from "./running.js";

interface WarmOptions extends GlobalOptions {
  readonly from?: string;
  readonly json?: boolean;
}

/** Text of the paths that go into one message: the daemon reads no more than a megabyte. */
const MAX_REQUEST_CHARACTERS = 200_000;

/** `musicfs cache warm`; ends with 1 when something was not kept. */
export async function cacheWarm(
  paths: readonly string[],
  { from, json, ...flags }: WarmOptions,
): Promise<void> {
  const socket = await findSocket(flags);
  const { mountpoint } = await getStatus(socket);
  const all = [...paths, ...(from === undefined ? [] : await readPathList(from, mountpoint))];
  if (all.length === 0)
    throw new MusicfsError("MFS_USAGE", "nothing to warm: name paths, or a list with --from");
  const { socketPath } = socket;
  const result = { files: 0, bytes: 0, fetchedBytes: 0, failures: [] as Plain<CacheFailure>[] };
  const line = new ProgressLine("fetching");
  try {
    for (const paths of requestsOf(all)) {
      const steps = streamControl(socketPath, (client, options) => client.prefetch({ paths }, options));
      for await (const step of steps) note(plainOf(step), result, line);
    }
  } finally {
    line.clear();
  }
  if (result.failures.length > 0) process.exitCode = EXIT.failure;
  if (json) return printJson(result);
  for (const { path, reason } of result.failures)
    printMessage(escapeControls(`not kept: ${path}: ${reason}`));
  const { files, bytes, fetchedBytes } = result;
  printLine(
    `${formatCounted(files, "file")}, ${formatBytes(bytes)} in the cache, ${formatBytes(fetchedBytes)} fetched`,
  );
}

interface Result {
  files: number;
  bytes: number;
  fetchedBytes: number;
  failures: Plain<CacheFailure>[];
}

function note(step: Plain<PrefetchResponse>, result: Result, line: ProgressLine): void {
  if (!step.done) {
    line.show(step);
    return;
  }
  result.files += step.filesDone;
  result.bytes += step.bytesDone;
  result.fetchedBytes += step.fetchedBytes;
  result.failures.push(...step.failures);
}

function* requestsOf(paths: readonly string[]): Generator<string[]> {
  let request: string[] = [];
  let characters = 0;
  for (const path of paths) {
    if (request.length > 0 && characters + path.length > MAX_REQUEST_CHARACTERS) {
      yield request;
      request = [];
      characters = 0;
    }
    request.push(path);
    characters += path.length;
  }
  if (request.length > 0) yield request;
}
