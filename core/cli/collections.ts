import { callControl } from "../control/client.js";
import { plainOf } from "../control/plain.js";
import { escapeControls } from "../text.js";
import type { GlobalOptions } from "./context.js";
import { formatCounted } from "./format.js";
import { printJson, printLine, printMessage } from "./output.js";
import { findSocket } from "./running.js";

interface CollectionOptions extends GlobalOptions {
  readonly json?: boolean;
}

/** `musicfs collection list` */
export async function collectionList({ json, ...flags }: CollectionOptions): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const { collections } = plainOf(
    await callControl(socketPath, (client, options) => client.listCollections({}, options)),
  );
  if (json) return printJson({ collections });
  if (collections.length === 0) {
    return printMessage("there are no collections; 'musicfs collection add NAME QUERY' saves a search");
  }
  const width = Math.max(...collections.map(({ name }) => name.length));
  for (const { name, kind, query, tracks, saved } of collections) {
    const what = `${query === undefined ? kind : query}${saved ? "  (saved)" : ""}`;
    const count = formatCounted(tracks, "track").padStart(12);
    printLine(`${escapeControls(name).padEnd(width)}  ${count}  ${escapeControls(what)}`);
  }
}

/** `musicfs collection add NAME QUERY` */
export async function collectionAdd(
  name: string,
  query: string,
  { json, replace = false, ...flags }: CollectionOptions & { readonly replace?: boolean },
): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const { collection } = plainOf(
    await callControl(socketPath, (client, options) =>
      client.addCollection({ name, query, replace }, options),
    ),
  );
  if (json) return printJson({ collection });
  printLine(
    `${formatCounted(collection?.tracks ?? 0, "track")} in ${escapeControls(collection?.path ?? name)}`,
  );
}

/** `musicfs collection remove NAME` */
export async function collectionRemove(name: string, { json, ...flags }: CollectionOptions): Promise<void> {
  const { socketPath } = await findSocket(flags);
  const { collection } = plainOf(
    await callControl(socketPath, (client, options) => client.removeCollection({ name }, options)),
  );
  if (json) return printJson({ collection });
  printLine(
    `forgot '${escapeControls(collection?.name ?? name)}': ${escapeControls(collection?.query ?? "")}`,
  );
}
