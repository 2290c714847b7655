import { Collections } from "../collections/collections.js";
import { problemOfName } from "../collections/names.js";
import { SavedSearches } from "../collections/saved-searches.js";
import { createCollectionSource } from "../collections/source.js";
import { MusicfsError, messageOf } from "../errors.js";
import type { Library } from "../library/library.js";
import type { NamedCollection } from "../model/collection.js";
import { Listener } from "../plays/listener.js";
import { openListeningDatabase } from "../plays/listening-database.js";
import { Plays } from "../plays/plays.js";
import type { Search } from "../search/search.js";
import type { MountedParts } from "./daemon.js";

export interface ListeningParts {
  readonly collections: Collections;
  readonly listener: Listener;
}

/** Opens what follows who listens to what, and the collections. */
export async function openListening(
  { config, instance, catalogue, log, undo }: MountedParts,
  library: Library,
  search: Search,
): Promise<ListeningParts> {
  const { hooks, signal } = instance;
  const db = openListeningDatabase(config.stateDir, catalogue.meta("identity") ?? "", log);
  undo.push(() => void db.close());
  const plays = new Plays(db, catalogue);
  const collections = new Collections({
    catalogue,
    library,
    source: createCollectionSource(catalogue, plays, search),
    saved: new SavedSearches(db),
    configured: [...config.collections, ...(await collectionsOf(hooks.openCollection.call(signal)))],
    log,
  });
  undo.push(() => collections.close());
  search.onIndexed(() => collections.changed());
  hooks.scanCompleted.follow(() => {
    void plays.reconcile(signal).then(
      () => collections.changed(),
      (error) => {
        if (!signal.aborted) log.warn(`plays cannot be brought up to date: ${messageOf(error)}`);
      },
    );
  });
  const listener = new Listener({ catalogue, plays, hooks, onPlay: () => collections.changed() });
  return { collections, listener };
}

async function collectionsOf(
  given: Promise<readonly NamedCollection[]>,
): Promise<readonly NamedCollection[]> {
  const collections = await given;
  for (const { name } of collections) {
    const problem = problemOfName(name);
    if (problem) throw new MusicfsError("MFS_COLLECTION_NAME", `a plugin gives a collection: ${problem}`);
  }
  return collections;
}
