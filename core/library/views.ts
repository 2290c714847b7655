import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { NameRow } from "../catalogue/tree.js";
import type { Hooks } from "../hooks.js";
import { ROOT_INO } from "../model/entry.js";
import { Branch } from "./branch.js";
import type { NamesMode } from "./names.js";
import { Placer } from "./placer.js";
import { isReserved, RESERVED_NAMES } from "./reserved-names.js";
import type { TreeEditor } from "./tree-editor.js";

/** One tree of the mount, made by one layout. */
export interface View {
  /** Where it lies in the mount: `/`, or a path such as `/By Genre`. */
  readonly root: string;
  /** Says under which paths a track appears in it. */
  readonly placeTrack: Pick<Hooks["placeTrack"], "call">;
  /** Names the layout with its options: another one means that every track is placed anew. */
  readonly fingerprint: string;
}

/** A view with what puts tracks into it. */
export interface OpenView extends View {
  readonly number: number;
  readonly placer: Placer;
  /** Names in its root that are not for tracks. */
  readonly reserved: readonly string[];
  /** The fingerprint that its names were made by; `undefined` when it is new. */
  readonly madeBy: string | undefined;
}

export interface ViewsOptions {
  readonly catalogue: Catalogue;
  readonly editor: TreeEditor;
  readonly originIds: ReadonlyMap<number, string>;
  readonly views: readonly View[];
  readonly names: NamesMode;
}

/** Cookies looked at in one go when the names of a view are removed: a few milliseconds. */
const SPAN = 4096;

/** The views of a library, and the branches of who else shows something in its tree. */
export class Views {
  readonly open: readonly OpenView[];
  readonly #options: ViewsOptions;
  /** Numbers of the views that somebody has in this run. */
  readonly #claimed = new Set<number>();

  /** Makes the roots of the views; belongs in a transaction. */
  constructor(options: ViewsOptions) {
    this.#options = options;
    this.open = options.views.map((view) => this.#open(view));
  }

  /**
   * A branch of the tree for names that no layout makes. `key` is the path of its own directory at the root,
   * which stays while it is empty and must be one of the reserved names (`/Collections`); or any text without
   * a leading `/` for names in directories of others. Belongs in a transaction, and is called before the
   * first scan: what of an earlier run nobody has claimed by then is removed from the tree.
   */
  branch(key: string): Branch {
    const { catalogue, editor } = this.#options;
    const name = key.startsWith("/") ? key.slice(1) : undefined;
    if (name !== undefined && !isReserved(name, RESERVED_NAMES)) throw new Error(`'${key}' is not reserved`);
    const { number } = catalogue.views.open(key);
    this.#claimed.add(number);
    const rootIno = name === undefined ? ROOT_INO : this.#makeRoot(number, [name]);
    return new Branch({ catalogue, editor, view: number, rootIno });
  }

  /** Removes, slice by slice, what belongs to views that are no more. */
  async removeUnclaimed(committed: () => void, signal: AbortSignal): Promise<void> {
    const { catalogue } = this.#options;
    for (const { number } of catalogue.views.all()) {
      if (!this.#claimed.has(number)) await this.#remove(number, committed, signal);
    }
  }

  #open(view: View): OpenView {
    const { catalogue, editor, originIds, names } = this.#options;
    const { number, madeBy } = catalogue.views.open(view.root);
    this.#claimed.add(number);
    const rootIno = this.#makeRoot(number, segmentsOf(view.root));
    const reserved = this.#reservedIn(view.root);
    const placer = new Placer({ catalogue, editor, originIds, view: number, rootIno, reserved, names });
    return { ...view, number, placer, reserved, madeBy };
  }

  #makeRoot(view: number, segments: readonly string[]): number {
    const placer = new Placer({ ...this.#options, view, rootIno: ROOT_INO, reserved: [] });
    const ino = placer.ensureDirectories(segments);
    this.#options.editor.keep(ino);
    return ino;
  }

  // The first segments of what lies below a view's root and is not its own.
  #reservedIn(root: string): string[] {
    const prefix = root === "/" ? "/" : `${root}/`;
    const others = this.#options.views
      .filter((other) => other.root !== root && other.root.startsWith(prefix))
      .map((other) => segmentsOf(other.root.slice(prefix.length))[0] ?? "");
    return [...new Set([...(root === "/" ? RESERVED_NAMES : []), ...others])].sort();
  }

  // Newest names first, so that a directory comes after what was put into it.
  async #remove(view: number, committed: () => void, signal: AbortSignal): Promise<void> {
    const { catalogue } = this.#options;
    for (let to = catalogue.tree.maxCookie(); to > 0; to -= SPAN) {
      signal.throwIfAborted();
      const rows = catalogue.tree.namesOfView(view, to - SPAN, to);
      catalogue.transaction(() => {
        for (const row of rows) this.#removeName(row);
        this.#options.editor.finish();
      });
      if (rows.length > 0) committed();
      await nextTurn();
    }
    catalogue.transaction(() => catalogue.views.remove(view));
  }

  #removeName(row: NameRow): void {
    const { catalogue, editor } = this.#options;
    const file = catalogue.files.byIno(row.ino);
    if (catalogue.tree.isDirectory(row.ino)) {
      editor.removeEmpty(row.ino);
    } else if (file) {
      editor.removeTrackName(row, file);
      editor.removeEmpty(row.parentIno);
    } else {
      editor.removeName(row);
    }
  }
}

function segmentsOf(root: string): string[] {
  return root.split("/").filter((segment) => segment !== "");
}
