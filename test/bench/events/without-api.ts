import { cpSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

/** What stands in place of the modules that make the control API, the events and the metrics; nothing imports the rest. */
const EMPTY: Readonly<Record<string, string>> = {
  "daemon/serve-api.js": "export async function serveApi() {}\n",
  "events/event-stream.js": [
    "export class EventStream {",
    "  subscribers = 0;",
    "  subscribe() { throw new Error('there are no events'); }",
    "  past() { return []; }",
    "  close() {}",
    "}",
    "",
  ].join("\n"),
  "events/sources.js": "export function eventSources() { return []; }\n",
  "metrics/metrics.js": "export class Metrics { async render() { return ''; } async close() {} }\n",
};

/**
 * Copies this build to `folder`, which must not exist, without control API, events and metrics: what a daemon costs
 * that has none of it. No config can turn them off.
 *
 * @returns the path of its command line.
 */
export function copyWithoutApi(folder: string): string {
  mkdirSync(folder);
  cpSync(join(ROOT, "package.json"), join(folder, "package.json"));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  for (const part of ["core", "plugins"]) {
    cpSync(join(ROOT, "dist", part), join(folder, "dist", part), { recursive: true });
  }
  for (const [module, text] of Object.entries(EMPTY))
    writeFileSync(join(folder, "dist", "core", module), text);
  return join(folder, "dist", "core", "cli", "bin.js");
}
