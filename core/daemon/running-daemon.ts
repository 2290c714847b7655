import { setTimeout as delay } from "node:timers/promises";
import { NO_REQUESTS, type Status } from "../control/status.js";
import { EXIT, messageOf } from "../errors.js";
import { giveMemoryBack } from "../launch.js";
import type { MountEnd } from "../model/mount-driver.js";
import type { GuardedOrigin } from "../origins/guards.js";
import type { ReloadResult } from "../reload/reloader.js";
import { VERSION } from "../version.js";
import type { Daemon, DaemonEnd, DaemonParts } from "./daemon.js";

/** Time that readers have to finish when the daemon stops and nobody says otherwise, in milliseconds. */
const GRACE_MS = 5_000;
/** Time that plugins have to take note that it stops, in milliseconds. */
const TELLING_MS = 5_000;
const CAPACITY_EVERY_MS = 60_000;
/** Shortest time between two listings of an origin because it is back, in milliseconds. */
const RELIST_MS = 60_000;
/** How long after the mount the scan begins, in milliseconds. */
const SCAN_AFTER_MS = 150;
/** The catalogue's log is folded in this long after the last scan ended, in milliseconds. */
const CHECKPOINT_AFTER_MS = 500;

export class RunningDaemon implements Daemon {
  readonly ended: Promise<DaemonEnd>;
  readonly #parts: DaemonParts;
  readonly #startedMs = performance.now();
  #state: Status["state"] = "mounted";
  // What is told once the catalogue is closed, to whoever still asks.
  #lastStatus: Status | undefined;
  #scanning: Promise<unknown> = Promise.resolve();
  #stopReason = "";
  readonly #lookedAgainMs = new WeakMap<GuardedOrigin, number>();
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
    const { instance, library, mount, undo } = this.#parts;
    const capacity = setInterval(() => void this.#lookAtCapacity(), CAPACITY_EVERY_MS);
    undo.push(() => clearInterval(capacity));
    void this.#lookAtCapacity();
    void instance.hooks.mounted.call({ mountpoint: this.mountpoint });
    const following = library.follow(instance.signal);
    this.#scanning = Promise.all([following, this.#scan()]);
    instance.hooks.originChanged.follow(({ originId, change }) => {
      if (change !== "connected" || instance.signal.aborted) return;
      library.originBack(instance.signal);
      this.#lookAgain(originId);
    });
    void mount.ended.then((end) => this.#mountEnded(end));
  }

  status(): Status {
    if (this.#lastStatus) return this.#lastStatus;
    const { config, driver, catalogue, library, mount, search } = this.#parts;
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
      search: { engine: search.engine ?? "", ...search.progress },
    };
  }

  reload(): Promise<ReloadResult> {
    return this.#parts.reloader.reload();
  }

  async stop(reason: string, graceMs: number = GRACE_MS): Promise<void> {
    if (this.#state === "stopping") return this.#parts.mount.unmount(0);
    this.#state = "stopping";
    this.#stopReason = reason;
    const { instance, log } = this.#parts;
    log.info(`stopping: ${reason}`);
    await Promise.race([
      instance.hooks.stopping.call({ reason }),
      delay(TELLING_MS, undefined, { ref: false }),
    ]);
    await this.#parts.mount.unmount(graceMs);
    await this.ended;
  }

  rescan(): void {
    const { instance, library, log } = this.#parts;
    const rescanned = library.rescan({}, instance.signal).catch((error) => {
      if (!instance.signal.aborted) log.error(`the rescan failed: ${messageOf(error)}`);
    });
    this.#scanning = Promise.all([this.#scanning, rescanned]);
  }

  // What could not be listed while it was away. An origin that comes and goes is not listed each time.
  #lookAgain(originId: string): void {
    const { instance, library, log, origins } = this.#parts;
    const source = origins.find(({ origin }) => origin.id === originId);
    const nowMs = performance.now();
    if (source?.error === undefined || nowMs - (this.#lookedAgainMs.get(source) ?? -RELIST_MS) < RELIST_MS)
      return;
    this.#lookedAgainMs.set(source, nowMs);
    library.rescan({ source }, instance.signal).catch((error) => {
      if (!instance.signal.aborted) log.error(`listing '${originId}' again failed: ${messageOf(error)}`);
    });
  }

  async #scan(): Promise<void> {
    const { instance, library, generated, log, catalogue } = this.#parts;
    try {
      // Whoever waits for the mount gets the processor first.
      await library.scan(instance.signal, SCAN_AFTER_MS);
      await generated.sweep(instance.signal);
      await delay(CHECKPOINT_AFTER_MS, undefined, { signal: instance.signal });
      await giveMemoryBack();
      catalogue.checkpoint();
    } catch (error) {
      if (!instance.signal.aborted) log.error(`the scan failed: ${messageOf(error)}`);
    }
  }

  // The next start reads one file instead of two.
  #checkpoint(): void {
    try {
      this.#parts.catalogue.checkpoint();
    } catch (error) {
      this.#parts.log.warn(`the catalogue's log stays beside it: ${messageOf(error)}`);
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
    this.#checkpoint();
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
