import { setTimeout as delay } from "node:timers/promises";
import type { Catalogue } from "./catalogue/catalogue.js";
import type { Config } from "./config/config.js";
import { checkOverlaps } from "./config/overlaps.js";
import { createLateAnswers } from "./content/late-answers.js";
import { serveControl } from "./control/server.js";
import { NO_REQUESTS, type Status } from "./control/status.js";
import { EXIT, isMusicfsError, MusicfsError, messageOf } from "./errors.js";
import {
  cataloguePathOf,
  createInstance,
  type Instance,
  mountSourceOf,
  openCatalogueOf,
  openOrigins,
} from "./instance.js";
import type { Library } from "./library/library.js";
import type { LibraryOrigin } from "./library/library-origin.js";
import { takeLock } from "./lock.js";
import type { Logger } from "./logger.js";
import type { EntryChange } from "./model/entry.js";
import type { Mount, MountDriver, MountEnd } from "./model/mount-driver.js";
import { prepareMountpoint } from "./mountpoint.js";
import { VERSION } from "./version.js";

/** Time that running requests have to finish when the daemon stops, in milliseconds. */
const GRACE_MS = 5_000;
const CAPACITY_EVERY_MS = 60_000;
/** How long after the mount the scan begins, in milliseconds. */
const SCAN_AFTER_MS = 150;
/** The catalogue's log is folded in this long after the last scan ended, in milliseconds. */
const CHECKPOINT_AFTER_MS = 500;

export interface DaemonEnd {
  readonly exitCode: number;
  /** Why, in words for a person. */
  readonly reason: string;
}

/** A mounted library. */
export interface Daemon {
  readonly mountpoint: string;
  status(): Status;
  /** Settles once: everything is released then. */
  readonly ended: Promise<DaemonEnd>;
  /** Unmounts, drains and releases; a second call does not wait for running requests. */
  stop(reason: string): Promise<void>;
}

/**
 * Mounts the library of a config, and scans it in the background.
 *
 * @returns once the mountpoint answers.
 * @throws MusicfsError; everything that was taken until then is released.
 */
export async function startDaemon(config: Config, log: Logger): Promise<Daemon> {
  const undo = new UndoStack(log);
  try {
    return await start(config, log, undo);
  } catch (error) {
    await undo.run();
    throw error;
  }
}

async function start(config: Config, log: Logger, undo: UndoStack): Promise<Daemon> {
  checkOverlaps(config, []);
  takeFolders(config, undo);
  const instance = await createInstance(config, log);
  undo.push(() => instance.dispose());
  undo.push(() => instance.abort(new Error("MusicFS stops")));

  const driver = await requireDriver(instance);
  const catalogue = openCatalogueOf(config, log);
  undo.push(() => catalogue.close());
  const origins = await openOrigins(instance, catalogue);
  undo.push(() => closeOrigins(origins, log));
  checkOverlaps(
    config,
    origins.flatMap(({ origin }) => (origin.local ? [origin.local.root] : [])),
  );

  const source = mountSourceOf(config);
  if (await driver.detachStale(config.mountpoint, source)) {
    log.warn(`detached a dead mount of an earlier run at ${config.mountpoint}`);
  }
  const mountpoint = prepareMountpoint(config.mountpoint);
  undo.push(() => mountpoint.release());

  const library = new Later<Library>();
  const generation = new SharedArrayBuffer(4);
  const mount = await driver.mount({
    mountpoint: config.mountpoint,
    source,
    vfs: {
      cataloguePath: cataloguePathOf(config),
      generation,
      origins: origins.map(({ number, origin }) => ({
        number,
        ...(origin.local ? { local: origin.local } : {}),
      })),
    },
    late: createLateAnswers({
      catalogue: catalogue.reader,
      origins: new Map(origins.map((origin) => [origin.number, origin])),
      refresh: async (ino) => (await library.promise).refresh(ino, instance.signal),
      log,
    }),
    log,
  });
  undo.push(() => mount.unmount(0));
  return afterMount({ config, log, instance, catalogue, origins, driver, mount, undo }, library, generation);
}

// The mount answers from the catalogue of the last run: what scans is loaded only now.
async function afterMount(
  parts: Omit<DaemonParts, "library">,
  laterLibrary: Later<Library>,
  generation: SharedArrayBuffer,
): Promise<Daemon> {
  const { config, log, instance, catalogue, origins, mount, undo } = parts;
  const { createLibraryParts } = await import("./library-parts.js");
  const changes = new ChangeRelay(mount, generation, log);
  const { library, close } = createLibraryParts(config, instance, catalogue, origins, log, (changed) =>
    changes.send(changed),
  );
  undo.push(close);
  laterLibrary.resolve(library);
  const daemon = new RunningDaemon({ ...parts, library });
  const control = await serveControl(config.socketPath, daemon.controlMethods(), log);
  undo.push(() => control.close());
  daemon.begin();
  return daemon;
}

// One instance a cache and state folder; the locks go with the process, however it ends.
function takeFolders(config: Config, undo: UndoStack): void {
  for (const folder of new Set([config.stateDir, config.cacheDir])) {
    const lock = takeLock(folder, { mountpoint: config.mountpoint, name: config.name });
    undo.push(() => lock.release());
  }
}

async function requireDriver(instance: Instance): Promise<MountDriver> {
  const driver = await instance.hooks.provideMount.call(instance.signal);
  if (driver) return driver;
  throw new MusicfsError("MFS_CONFIG_INVALID", "no plugin of the config can mount", {
    hint: 'Add mountFuse() to "plugins".',
  });
}

async function closeOrigins(origins: readonly LibraryOrigin[], log: Logger): Promise<void> {
  for (const { origin } of origins) {
    await origin
      .close?.()
      .catch((error) => log.warn(`closing origin '${origin.id}' failed: ${messageOf(error)}`));
  }
}

interface DaemonParts {
  readonly library: Library;
  readonly config: Config;
  readonly log: Logger;
  readonly instance: Instance;
  readonly catalogue: Catalogue;
  readonly origins: readonly LibraryOrigin[];
  readonly driver: MountDriver;
  readonly mount: Mount;
  readonly undo: UndoStack;
}

class RunningDaemon implements Daemon {
  readonly ended: Promise<DaemonEnd>;
  readonly #parts: DaemonParts;
  readonly #startedMs = performance.now();
  #state: Status["state"] = "mounted";
  // What is told once the catalogue is closed, to whoever still asks.
  #lastStatus: Status | undefined;
  #scanning: Promise<void> = Promise.resolve();
  #stopReason = "";
  #resolveEnded: (end: DaemonEnd) => void = () => undefined;

  constructor(parts: DaemonParts) {
    this.#parts = parts;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get mountpoint(): string {
    return this.#parts.config.mountpoint;
  }

  /** Starts what goes on in the background. */
  begin(): void {
    const { instance, mount, undo } = this.#parts;
    const capacity = setInterval(() => void this.#lookAtCapacity(), CAPACITY_EVERY_MS);
    undo.push(() => clearInterval(capacity));
    void this.#lookAtCapacity();
    void instance.hooks.mounted.call({ mountpoint: this.mountpoint });
    this.#scanning = this.#scan();
    void mount.ended.then((end) => this.#mountEnded(end));
  }

  controlMethods(): Parameters<typeof serveControl>[1] {
    return {
      GetStatus: async () => this.status(),
      Shutdown: async () => {
        void this.stop("somebody asked for it");
        return {};
      },
    };
  }

  status(): Status {
    if (this.#lastStatus) return this.#lastStatus;
    const { config, driver, catalogue, library, mount } = this.#parts;
    const { tracks, directories, bytes } = catalogue.totals;
    return {
      version: VERSION,
      pid: process.pid,
      name: config.name,
      state: this.#state,
      mountpoint: config.mountpoint,
      driver: driver.name,
      uptimeMs: Math.round(performance.now() - this.#startedMs),
      tracks,
      directories,
      bytes,
      scan: library.scanStatus(),
      origins: library.originStatus(),
      ...NO_REQUESTS,
      ...mount.statistics(),
      rssBytes: process.memoryUsage.rss(),
    };
  }

  async stop(reason: string): Promise<void> {
    if (this.#state === "stopping") return this.#parts.mount.unmount(0);
    this.#state = "stopping";
    this.#stopReason = reason;
    const { instance, log } = this.#parts;
    log.info(`stopping: ${reason}`);
    await Promise.race([
      instance.hooks.stopping.call({ reason }),
      delay(GRACE_MS, undefined, { ref: false }),
    ]);
    await this.#parts.mount.unmount(GRACE_MS);
    await this.ended;
  }

  async #scan(): Promise<void> {
    const { instance, library, log, catalogue } = this.#parts;
    try {
      // Whoever waits for the mount gets the processor first.
      await library.scan(instance.signal, SCAN_AFTER_MS);
      await delay(CHECKPOINT_AFTER_MS, undefined, { signal: instance.signal });
      catalogue.checkpoint();
    } catch (error) {
      if (!instance.signal.aborted) log.error(`the scan failed: ${messageOf(error)}`);
    }
  }

  async #lookAtCapacity(): Promise<void> {
    const { catalogue, instance, origins } = this.#parts;
    for (const { origin, number } of origins) {
      const capacity = await origin.capacity?.(instance.signal).catch(() => undefined);
      if (capacity && !instance.signal.aborted) catalogue.setCapacity(number, capacity);
    }
  }

  // Whoever ended the mount: what is left is to release the rest.
  async #mountEnded(end: MountEnd): Promise<void> {
    const { instance, log, undo } = this.#parts;
    this.#state = "stopping";
    instance.abort(new Error("MusicFS stops"));
    await this.#scanning;
    this.#lastStatus = this.status();
    await undo.run();
    const result = endOf(end, this.#stopReason);
    if (result.exitCode !== EXIT.ok) log.error(result.reason);
    this.#resolveEnded(result);
  }
}

function endOf(end: MountEnd, stopReason: string): DaemonEnd {
  if (end === "stopped") return { exitCode: EXIT.ok, reason: stopReason };
  if (end === "unmounted") return { exitCode: EXIT.ok, reason: "somebody unmounted it" };
  return { exitCode: EXIT.failure, reason: "the connection to the kernel broke" };
}

/** Tells the kernel, in order, what changed in the tree. */
class ChangeRelay {
  readonly #generation: Int32Array;
  readonly #log: Logger;
  readonly #mount: Mount;
  #telling: Promise<void> = Promise.resolve();

  constructor(mount: Mount, generation: SharedArrayBuffer, log: Logger) {
    this.#generation = new Int32Array(generation);
    this.#mount = mount;
    this.#log = log;
  }

  send(changes: readonly EntryChange[]): void {
    Atomics.add(this.#generation, 0, 1);
    this.#telling = this.#telling
      .then(() => this.#mount.invalidate(changes))
      .catch((error) => this.#log.error(`telling the kernel of changes failed: ${messageOf(error)}`));
  }
}

/** A value that is promised before it can be made. */
class Later<T> {
  readonly promise: Promise<T>;
  resolve: (value: T) => void = () => undefined;

  constructor() {
    this.promise = new Promise((resolve) => {
      this.resolve = resolve;
    });
  }
}

/** What is to be released, in the reverse order of taking it. */
class UndoStack {
  readonly #log: Logger;
  readonly #steps: (() => void | Promise<void>)[] = [];

  constructor(log: Logger) {
    this.#log = log;
  }

  push(step: () => void | Promise<void>): void {
    this.#steps.push(step);
  }

  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step; step = this.#steps.pop()) {
      try {
        await step();
      } catch (error) {
        this.#log.error(
          `a step of stopping failed: ${isMusicfsError(error) ? error.message : String(error)}`,
        );
      }
    }
  }
}
