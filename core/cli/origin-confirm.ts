import { callControl } from "../control/client.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatCounted } from "./format.js";
import { printJson, printLine } from "./output.js";
import { findSocket } from "./running.js";

/** The origin is listed once more for it. */
const TIMEOUT_MS = 3_600_000;

/** `musicfs origin confirm` */
export async function confirmOrigin(
  originId: string,
  { json, ...flags }: GlobalOptions & { readonly json?: boolean },
): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const { removed } = await callControl(
    socketPath,
    (client, options) => client.confirmOrigin({ originId }, options),
    { timeoutMs: TIMEOUT_MS },
  );
  if (json) return printJson({ originId, removed });
  const what =
    removed > 0 ? `removed ${formatCounted(removed, "file")}` : "nothing was held, nothing is removed";
  printLine(escapeControls(`${originId}: ${what}`));
}
