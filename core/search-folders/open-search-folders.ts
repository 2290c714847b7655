import type { Catalogue } from "../catalogue/catalogue.js";
import type { Config } from "../config/config.js";
import type { GeneratedFiles } from "../generated/generated-files.js";
import type { Hooks } from "../hooks.js";
import type { Library } from "../library/library.js";
import type { Logger } from "../logger.js";
import type { EntryChange } from "../model/entry.js";
import { type FolderSearch, SearchFolders } from "./search-folders.js";
import { INDEXING_NAME, INDEXING_TEXT, README_NAME, README_TEXT, TEXTS_VERSION } from "./texts.js";

/** Longest that one search may take, in milliseconds. */
const SEARCH_TIMEOUT_MS = 5_000;
const MAKER = "search-texts";
/** The texts by the subjects under which the catalogue knows them. */
const TEXTS: Readonly<Record<string, string>> = { readme: README_TEXT, indexing: INDEXING_TEXT };

export interface SearchFolderParts {
  readonly catalogue: Catalogue;
  readonly library: Library;
  readonly generated: GeneratedFiles;
  readonly search: FolderSearch;
  /** What {@link openQueryRoot} gave. */
  readonly rootIno: number;
  readonly config: Pick<Config, "searchFolders">;
  readonly log: Logger;
  readonly onChanges: (changes: readonly EntryChange[]) => void;
}

/**
 * Makes the directory of all queries ready to be served: it must be there before the mount, and hold nothing of an
 * earlier run.
 *
 * @returns its inode; `undefined` when the config has no search, and the tree no such directory.
 */
export function openQueryRoot(catalogue: Catalogue, hooks: Pick<Hooks, "provideSearch">): number | undefined {
  const { queryFolders } = catalogue;
  return catalogue.transaction(() => {
    if (!hooks.provideSearch.isUsed) {
      queryFolders.removeAll(Date.now());
      return undefined;
    }
    const rootIno = queryFolders.openRoot(Date.now());
    queryFolders.parkAll(rootIno);
    return rootIno;
  });
}

/** Opens the folders of queries; to be called before the first scan. Close them after use. */
export function openSearchFolders(parts: SearchFolderParts): SearchFolders {
  const { catalogue, library, generated, search, rootIno, config, log, onChanges } = parts;
  generated.addMaker({ name: MAKER, make: async ({ subject }) => Buffer.from(TEXTS[subject] ?? "") });
  const branch = library.branch("search");
  library.edit(() => {
    branch.keep(rootIno);
    const readme = declare(generated, "readme");
    if (!branch.add(rootIno, README_NAME, readme)) {
      branch.remove(rootIno, README_NAME);
      branch.add(rootIno, README_NAME, readme);
    }
  });
  return new SearchFolders({
    catalogue,
    search,
    rootIno,
    view: branch.view,
    indexingNote: { name: INDEXING_NAME, ino: () => declare(generated, "indexing") },
    limit: config.searchFolders.limit,
    maxFolders: config.searchFolders.folders,
    keepMs: config.searchFolders.keepMs,
    timeoutMs: SEARCH_TIMEOUT_MS,
    log,
    onChanges,
  });
}

function declare(generated: GeneratedFiles, subject: string): number {
  const sizeBytes = Buffer.byteLength(TEXTS[subject] ?? "");
  return generated.declare(MAKER, { subject, recipe: TEXTS_VERSION, sizeBytes, mtimeMs: Date.now() });
}
