import { streamControl } from "../control/client.js";
import type { VerifyCacheResponse } from "../control/gen/musicfs/v1/cache_pb.js";
import { type Plain, plainOf } from "../control/plain.js";
import { EXIT } from "../errors.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatBytes, formatCount, formatCounted } from "./format.js";
import { printJson, printLine } from "./output.js";
import { ProgressLine } from "./progress-line.js";
import { findSocket } from "./running.js";

interface VerifyOptions extends GlobalOptions {
  readonly repair?: boolean;
  readonly json?: boolean;
}

/** `musicfs cache verify`; ends with 1 while something is damaged. */
export async function cacheVerify({ repair = false, json, ...flags }: VerifyOptions): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const line = new ProgressLine("checking");
  let last: Plain<VerifyCacheResponse> | undefined;
  try {
    const steps = streamControl(socketPath, (client, options) => client.verifyCache({ repair }, options));
    for await (const step of steps) {
      last = plainOf(step);
      if (!last.done) line.show(last);
    }
  } finally {
    line.clear();
  }
  if (!last?.done) return;
  const { filesDone: files, bytesDone: bytes, corrupt, repaired, damaged } = last;
  if (corrupt > repaired) process.exitCode = EXIT.failure;
  if (json) return printJson({ files, bytes, corrupt, repaired, damaged });
  for (const { originId, path } of damaged) printLine(escapeControls(`damaged: ${originId}: ${path}`));
  printLine(
    `checked ${formatCounted(files, "file")}, ${formatBytes(bytes)}: ${outcome(corrupt, repaired, repair)}`,
  );
}

function outcome(corrupt: number, repaired: number, repair: boolean): string {
  if (corrupt === 0) return "nothing is damaged";
  const found = `${formatCounted(corrupt, "piece")} damaged`;
  if (repair) return `${found}, ${formatCount(repaired)} fetched again`;
  return `${found}, dropped; they are fetched again when they are read, or now with --repair`;
}
