import type { Config } from "../config/config.js";
import { EventStream } from "../events/event-stream.js";
import { eventSources } from "../events/sources.js";
import { tellTaps } from "../events/tell-taps.js";
import { createLibraryParts, type LibraryParts } from "../library-parts.js";
import { Search } from "../search/search.js";
import { ChangeRelay } from "./change-relay.js";
import type { Daemon, MountedParts } from "./daemon.js";
import type { Later } from "./later.js";
import { prepareOperation } from "./operate.js";
import { RunningDaemon } from "./running-daemon.js";
import { serveApi } from "./serve-api.js";

/** How long after the mount the search index is opened, in milliseconds, unless somebody searches before. */
const SEARCH_AFTER_MS = 300;

/** Adds to a mount everything that it does not need for its first answer: the library, its scan, the control API. */
export async function runMounted(
  mounted: MountedParts,
  later: Later<LibraryParts>,
  generation: SharedArrayBuffer,
  loadConfig: (() => Promise<Config>) | undefined,
): Promise<Daemon> {
  const { config, log, instance, catalogue, origins, content, folders, mount, undo } = mounted;
  const changes = new ChangeRelay(mount, generation, log);
  const made = createLibraryParts(
    config,
    instance,
    catalogue,
    origins,
    folders,
    log,
    (changed) => changes.send(changed),
    content?.readFile,
  );
  undo.push(() => made.close());
  later.resolve(made);

  const { library, generated } = made;
  const events = new EventStream(eventSources(instance.hooks, () => library.scanStatus()));
  void tellTaps(events, instance.hooks);
  const search = await openSearch(mounted);
  const operation = await prepareOperation(config, instance, made, log, loadConfig);
  const parts = { ...mounted, library, generated, events, search, reloader: operation.reloader };
  const daemon = new RunningDaemon(parts);
  await serveApi(daemon, parts);
  undo.push(() => events.close());
  daemon.begin();
  undo.push(operation.supervise(daemon));
  return daemon;
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
