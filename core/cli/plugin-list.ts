import { callControl } from "../control/client.js";
import { plainOf } from "../control/plain.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatTable } from "./format.js";
import { printJson, printLine } from "./output.js";
import { findSocket } from "./running.js";

/** `musicfs plugin list` */
export async function listPlugins({ json, ...flags }: GlobalOptions & { json?: boolean }): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const answer = await callControl(socketPath, (client, options) => client.listPlugins({}, options));
  const plugins = plainOf(answer.plugins);
  if (json) {
    const described = plugins.map(({ optionsJson, ...plugin }) => ({
      ...plugin,
      options: JSON.parse(optionsJson),
    }));
    return printJson({ plugins: described });
  }
  const rows = plugins.map(({ identity, provides, optionsJson }) => [
    identity,
    provides.join(", "),
    optionsJson,
  ]);
  for (const line of formatTable(["PLUGIN", "PROVIDES", "OPTIONS"], rows)) printLine(escapeControls(line));
}
