import type { Config } from "../config/config.js";
import { messageOf } from "../errors.js";
import { EventStream } from "../events/event-stream.js";
import { eventSources } from "../events/sources.js";
import { tellTaps } from "../events/tell-taps.js";
import { createLibraryParts, type LibraryParts } from "../library-parts.js";
import { Metrics } from "../metrics/metrics.js";
import type { EntryChange } from "../model/entry.js";
import { Search } from "../search/search.js";
import { openSearchFolders } from "../search-folders/open-search-folders.js";
import type { SearchFolders } from "../search-folders/search-folders.js";
import { Manifests } from "../sharing/manifests.js";
import { SharedFiles } from "../sharing/shared-files.js";
import { ChangeRelay } from "./change-relay.js";
import type { Daemon, MountedParts } from "./daemon.js";
import type { Later } from "./later.js";
import type { LaterParts } from "./later-parts.js";
import { openListening } from "./listening-parts.js";
import { prepareOperation } from "./operate.js";
import { RunningDaemon } from "./running-daemon.js";
import { serveApi } from "./serve-api.js";

/** How long after the mount the search index is opened, in milliseconds, unless somebody searches before. */
const SEARCH_AFTER_MS = 300;

/** Adds to a mount everything that it does not need for its first answer: the library, its scan, the control API. */
export async function runMounted(
  mounted: MountedParts,
  later: Later<LaterParts>,
  generation: SharedArrayBuffer,
  loadConfig: (() => Promise<Config>) | undefined,
): Promise<Daemon> {
  const { config, log, instance, catalogue, origins, content, folders, mount, undo } = mounted;
  const changes = new ChangeRelay(mount, generation, log);
  const treeListeners: (() => void)[] = [];
  const made = createLibraryParts(
    config,
    instance,
    catalogue,
    origins,
    folders,
    log,
    (changed) => {
      changes.send(changed);
      for (const listener of treeListeners) listener();
    },
    content?.readFile,
  );
  undo.push(() => made.close());

  const { library, generated } = made;
  const events = new EventStream(eventSources(instance.hooks, () => library.scanStatus()));
  void tellTaps(events, instance.hooks);
  const search = await openSearch(mounted);
  const { collections, listener } = await openListening(mounted, library, search);
  const queries = openQueries(mounted, made, search, (changed) => changes.send(changed));
  treeListeners.push(
    () => collections.changed(),
    () => queries?.changed(),
  );
  later.resolve({
    refresh: made.refresh,
    lookup: async (...request) =>
      (await queries?.lookup(...request)) ?? (await made.sizedCovers?.lookup(...request)),
    accessed: (access) => listener.accessed(access),
  });
  const operation = await prepareOperation(config, instance, made, origins, log, loadConfig);
  const { reloader } = operation;
  const sharing = openSharing(mounted);
  const parts = { ...mounted, library, generated, events, search, collections, reloader, sharing };
  const daemon = new RunningDaemon(parts);
  const metrics = new Metrics({
    ...parts,
    status: () => daemon.status(),
    origins: new Map(origins.map(({ origin, guard }) => [origin.id, guard])),
    hooks: instance.hooks,
  });
  undo.push(() => metrics.close());
  mounted.metrics.resolve(metrics);
  await serveApi(daemon, parts, metrics);
  undo.push(() => events.close());
  daemon.begin();
  undo.push(operation.supervise(daemon));
  return daemon;
}

function openSharing({
  config,
  log,
  instance,
  catalogue,
  origins,
  content,
  undo,
}: MountedParts): SharedFiles {
  const { hooks, signal } = instance;
  const manifests = new Manifests({
    folder: config.cacheDir,
    chunker: () => hooks.provideChunker.call(signal),
    log,
  });
  undo.push(() => manifests.close());
  const sharing = new SharedFiles({ catalogue, origins, content, manifests });
  hooks.scanCompleted.follow(({ originId, complete }) => {
    if (complete) sharing.listed(originId);
  });
  return sharing;
}

function openQueries(
  { config, log, instance, catalogue, queryRootIno, undo }: MountedParts,
  { library, generated }: LibraryParts,
  search: Search,
  onChanges: (changes: readonly EntryChange[]) => void,
): SearchFolders | undefined {
  if (queryRootIno === undefined) return undefined;
  const rootIno = queryRootIno;
  const folders = openSearchFolders({
    catalogue,
    library,
    generated,
    search,
    rootIno,
    config,
    log,
    onChanges,
  });
  undo.push(() => folders.close());
  search.onIndexed(() => folders.changed());
  folders.removeEarlier(instance.signal).catch((error) => {
    if (!instance.signal.aborted) log.warn(`folders of earlier searches stay: ${messageOf(error)}`);
  });
  return folders;
}

async function openSearch({ config, log, instance, catalogue, undo }: MountedParts): Promise<Search> {
  const engine = await instance.hooks.provideSearch.call(instance.signal);
  const search = new Search({ catalogue, engine, cacheDir: config.cacheDir, log });
  undo.push(() => search.close());
  const opening = setTimeout(() => search.open(), SEARCH_AFTER_MS);
  undo.push(() => clearTimeout(opening));
  catalogue.onCommit(() => search.follow());
  return search;
}
