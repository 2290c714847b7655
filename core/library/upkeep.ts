import { setImmediate as nextTurn } from "node:timers/promises";
import type { Catalogue } from "../catalogue/catalogue.js";
import type { CompanionSettings } from "./companions/companions.js";
import { renewCompanions } from "./companions/renew.js";
import type { ListingContext } from "./listing.js";
import type { NamesMode } from "./names.js";
import { removeAllOf } from "./removing.js";

/** Names folded in one transaction. */
const FOLD_SLICE = 500;

/**
 * Removes the files of origins that are no longer in the config, as its owner wants.
 *
 * @param configured the origins that are, by their numbers.
 * @throws `signal.reason`
 */
export async function removeUnconfigured(
  context: ListingContext,
  configured: ReadonlyMap<number, unknown>,
  signal: AbortSignal,
): Promise<void> {
  const { catalogue } = context;
  for (const { number } of catalogue.origins().filter((known) => !configured.has(known.number))) {
    await removeAllOf(context, number, signal);
    catalogue.removeOrigin(number);
  }
}

/** Makes what is shown beside tracks anew, where the config says otherwise than in the run before. @throws `signal.reason` */
export async function followCompanionSettings(
  { catalogue, editor, committed }: ListingContext,
  settings: CompanionSettings,
  signal: AbortSignal,
): Promise<void> {
  const wanted = JSON.stringify(settings);
  if (catalogue.meta("companions") === wanted) return;
  await renewCompanions({ catalogue, editor, committed }, signal);
  catalogue.setMeta("companions", wanted);
}

/** Gives a folded form to the names of a run that told cases apart, where they are not to be told apart now. @throws `signal.reason` */
export async function foldNames(catalogue: Catalogue, names: NamesMode, signal: AbortSignal): Promise<void> {
  if (names === "portable" && catalogue.meta("names") !== names) {
    for (let cookie: number | undefined = 0; cookie !== undefined; ) {
      signal.throwIfAborted();
      const after: number = cookie;
      cookie = catalogue.transaction(() => catalogue.tree.foldAll(after, FOLD_SLICE));
      await nextTurn();
    }
  }
  catalogue.setMeta("names", names);
}
