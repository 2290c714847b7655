import { callControl } from "../control/client.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { printJson, printLine } from "./output.js";
import { findSocket } from "./running.js";

/** Plugins may take their time. */
const TIMEOUT_MS = 60_000;

/** `musicfs reload` @throws what is wrong with the config; the instance then goes on with the old one. */
export async function reload({ json, ...flags }: GlobalOptions & { json?: boolean }): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const { configFile, applied, needsRestart } = await callControl(
    socketPath,
    (client, options) => client.reloadConfig({}, options),
    { timeoutMs: TIMEOUT_MS },
  );
  const plain = (changes: typeof applied) =>
    changes.map(({ key, before, after }) => ({ key, before, after }));
  if (json) return printJson({ configFile, applied: plain(applied), needsRestart: plain(needsRestart) });
  for (const { key, before, after } of applied) printLine(escapeControls(`${key}: ${before} → ${after}`));
  for (const { key, before, after } of needsRestart) {
    printLine(escapeControls(`${key}: ${before} → ${after} (needs a restart)`));
  }
  if (applied.length + needsRestart.length === 0) printLine(`nothing is new in ${configFile}`);
}
