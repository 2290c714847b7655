import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue } from "../../catalogue/catalogue.js";
import type { TreeEditor } from "../tree-editor.js";

/** Files whose directories are brought up to date in one transaction. */
const SLICE = 128;

export interface RenewContext {
  readonly catalogue: Catalogue;
  readonly editor: TreeEditor;
  /** Called after each commit. */
  readonly committed: () => void;
}

/** Brings every directory of tracks up to date. @throws `signal.reason` */
export async function renewCompanions(context: RenewContext, signal: AbortSignal): Promise<void> {
  const { catalogue } = context;
  for (const { number } of catalogue.origins()) {
    for (let id: number | undefined = 0; id !== undefined; ) {
      signal.throwIfAborted();
      id = renewSlice(context, number, id);
      await nextTurn();
    }
  }
}

// Files of one directory mostly follow each other. Returns the last id; `undefined` when there are no more.
function renewSlice(
  { catalogue, editor, committed }: RenewContext,
  originNumber: number,
  afterId: number,
): number | undefined {
  const rows = catalogue.files.after(originNumber, afterId, SLICE);
  catalogue.transaction(() => {
    for (const row of rows) editor.touchDirectories(row);
    editor.finish();
  });
  committed();
  return rows.at(-1)?.id;
}
