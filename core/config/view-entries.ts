import { safeName } from "../library/names.js";
import { isReserved, RESERVED_NAMES } from "../library/reserved-names.js";
import type { Plugin } from "../plugin.js";
import type { Installation } from "./installation.js";
import { readEntry } from "./plugin-entries.js";
import type { Problem } from "./problems.js";
import type { ScriptLoader } from "./script.js";

/** A view with the plugin that lays it out. */
export interface ViewEntry {
  /** `/`, or a path such as `/By Genre`. */
  readonly root: string;
  readonly layout: Plugin;
}

export interface ViewEntries {
  readonly views: readonly ViewEntry[];
  readonly problems: readonly Problem[];
}

const MAX_VIEWS = 64;
const MAX_DEPTH = 16;
/** Longest folder of a root, in bytes of UTF-8. */
const MAX_FOLDER_BYTES = 100;

/** Reads the `views` of a config: roots, each with a layout as `plugins` would have it. Falsy ones are dropped. */
export async function readViewEntries(
  entries: Readonly<Record<string, unknown>>,
  configFile: string,
  installation: Installation,
  scripts: ScriptLoader,
): Promise<ViewEntries> {
  const views: ViewEntry[] = [];
  const problems: Problem[] = [];
  const given = Object.entries(entries).filter(([, entry]) => entry);
  for (const [root, entry] of given.slice(0, MAX_VIEWS)) {
    const wrong = problemOfRoot(root);
    if (wrong) problems.push({ path: ["views", root], message: wrong });
    const layout = await readEntry(entry, configFile, installation, scripts);
    if (typeof layout !== "string") views.push({ root, layout });
    const unfit = typeof layout === "string" ? layout : problemOfLayout(layout);
    if (unfit) problems.push({ path: ["views", root], message: unfit });
  }
  if (given.length > MAX_VIEWS) problems.push({ path: ["views"], message: `expected up to ${MAX_VIEWS}` });
  return { views, problems };
}

// A plugin that does not say what it gives may give a layout.
function problemOfLayout({ name, provides }: Plugin): string | undefined {
  if (provides.length === 0 || provides.includes("layout")) return undefined;
  return `expected a layout, received '${name}', which gives ${provides.join(" and ")}`;
}

function problemOfRoot(root: string): string | undefined {
  if (root === "/") return undefined;
  if (!root.startsWith("/")) return `expected "/" or a path such as "/By Genre", received "${root}"`;
  const folders = root.slice(1).split("/");
  if (folders.length > MAX_DEPTH) return `expected up to ${MAX_DEPTH} folders`;
  const odd = folders.find(
    (folder) => safeName(folder) !== folder || Buffer.byteLength(folder) > MAX_FOLDER_BYTES,
  );
  if (odd !== undefined) return `"${odd}" is no name that a folder of the mount can have`;
  const [first = ""] = folders;
  if (isReserved(first, RESERVED_NAMES)) return `"/${first}" is shown by MusicFS itself; take another name`;
  return undefined;
}
