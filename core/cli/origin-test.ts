import { streamControl } from "../control/client.js";
import { CheckOutcome } from "../control/gen/musicfs/v1/origins_pb.js";
import { plainOf } from "../control/plain.js";
import { wordOf } from "../control/words.js";
import { MusicfsError } from "../errors.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatTable } from "./format.js";
import { printJson, printLine } from "./output.js";
import { findSocket } from "./running.js";

/**
 * `musicfs origin test ID`
 *
 * @throws `MFS_ORIGIN_UNAVAILABLE` when something failed, after the results were printed.
 */
export async function testOrigin(
  originId: string,
  { json, ...flags }: GlobalOptions & { json?: boolean },
): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const results: { name: string; outcome: string; detail?: string | undefined; tookMs: number }[] = [];
  const steps = streamControl(socketPath, (client, options) => client.testOrigin({ originId }, options));
  for await (const step of steps)
    results.push({ ...plainOf(step), outcome: wordOf(CheckOutcome, step.outcome) });
  const failed = results.filter(({ outcome }) => outcome === "failed").length;
  if (json) printJson({ originId, results });
  else {
    const rows = results.map(({ name, outcome, detail, tookMs }) => [
      outcome,
      `${Math.round(tookMs)} ms`,
      name,
      detail ?? "",
    ]);
    for (const line of formatTable(["RESULT", "TIME", "PROMISE", ""], rows)) printLine(escapeControls(line));
  }
  if (failed > 0) {
    const of = `${failed} of ${results.length} checks`;
    throw new MusicfsError("MFS_ORIGIN_UNAVAILABLE", `origin '${originId}' failed ${of}`);
  }
}
