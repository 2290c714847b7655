import { closeSync, writeSync } from "node:fs";
import type { EntryChange, LatencyHistogram, Mount, MountEnd, MountSession, MountStatistics } from "musicfs";
import { MusicfsError } from "musicfs";
import { AccessTable, createAccessMemory } from "./access-table.js";
import { Accesses } from "./accesses.js";
import type { Ownership } from "./attributes.js";
import { createClock } from "./clock.js";
import { Crew } from "./crew.js";
import { createDeferred } from "./deferred.js";
import { IdlePages } from "./idle-pages.js";
import { sendInvalidations } from "./invalidation.js";
import { LateRequests } from "./late.js";
import { latenciesOf, recordLatency } from "./latency.js";
import { closeLeadership, passOnFrom } from "./leadership.js";
import type { WorkerMessage } from "./messages.js";
import { detach, isMounted, type Mounted, mountAt, raiseReadAhead, unmount } from "./mountpoint.js";
import { nodeHigh, nodeLow } from "./node-id.js";
import { createOpenTableMemory, OPEN_MODE, OpenTable } from "./open-table.js";
import { Passthrough } from "./passthrough.js";
import {
  CONTROL,
  COUNTER,
  CURRENT,
  createSharedMemory,
  openSharedState,
  PHASE,
  type SharedState,
  statisticsOf,
} from "./shared-state.js";
import { errnoName, loadSyscalls } from "./syscalls.js";

/** What a mount is made with. */
export interface SessionOptions {
  readonly ownership: Ownership;
  readonly allowOther: boolean;
  readonly passthrough: boolean;
  readonly workers: number;
  readonly readAheadKib: number;
}

const MAIN_THREAD = 1;
const UNMOUNT_RETRY_MS = 50;
const INIT_MS = 10_000;
const SWEEP_MS = 1000;

/**
 * Mounts and serves: first the workers, each with the catalogue open, then mount(2), so that the first
 * request finds somebody who can answer it.
 *
 * @throws MusicfsError `MFS_MACHINE_LACKS` or `MFS_MOUNT_FAILED`; nothing is left behind then.
 */
export async function openFuseMount(session: MountSession, options: SessionOptions): Promise<Mount> {
  const mount = new FuseMount(session, options);
  await mount.start();
  return mount;
}

class FuseMount implements Mount {
  readonly ended: Promise<MountEnd>;
  readonly #session: MountSession;
  readonly #options: SessionOptions;
  readonly #state: SharedState;
  readonly #table: OpenTable;
  readonly #nowMs = createClock();
  readonly #accesses: Accesses;
  readonly #crew: Crew;
  readonly #stopFd: number;
  readonly #initialized = createDeferred<void>();
  readonly #end = createDeferred<MountEnd>();
  #mounted: Mounted | undefined;
  #late: LateRequests | undefined;
  #passthrough: Passthrough | undefined;
  #idlePages: IdlePages | undefined;
  #isStopping = false;
  #graceEndMs = Number.POSITIVE_INFINITY;
  #isClosed = false;
  #sweeper: NodeJS.Timeout | undefined;
  #invalidations: Promise<void> = Promise.resolve();

  constructor(session: MountSession, options: SessionOptions) {
    const shared = createSharedMemory(options.workers);
    const openTable = createOpenTableMemory();
    const accesses = createAccessMemory(options.workers);
    this.#session = session;
    this.#options = options;
    this.#state = openSharedState(shared);
    this.#table = new OpenTable(openTable, MAIN_THREAD);
    this.#accesses = new Accesses(new AccessTable(accesses, MAIN_THREAD, this.#nowMs), session.accessed);
    this.#stopFd = loadSyscalls().eventfd();
    if (this.#stopFd < 0) throw new MusicfsError("MFS_MOUNT_FAILED", `eventfd: ${errnoName(this.#stopFd)}`);
    this.#state.control[CONTROL.stopFd] = this.#stopFd;
    this.ended = this.#end.promise;
    this.#crew = new Crew({
      size: options.workers,
      input: {
        vfs: session.vfs,
        ownership: options.ownership,
        passthrough: options.passthrough,
        shared,
        openTable,
        accesses,
      },
      received: (message) => this.#receive(message),
      died: (number, error) => this.#mourn(number, error),
      log: session.log,
    });
  }

  async start(): Promise<void> {
    try {
      await this.#crew.ready;
      const { mountpoint, source } = this.#session;
      const mounted = await mountAt(mountpoint, source, this.#options.allowOther);
      this.#mounted = mounted;
      const { ownership } = this.#options;
      const latencies = this.#state.latencies[0] as Float64Array;
      this.#late = new LateRequests(mounted.fd, this.#session.late, ownership, {
        copied: (bytes) => this.#countCopied(bytes),
        took: (opcode, tookMs) => recordLatency(latencies, opcode, tookMs),
      });
      const counters = this.#state.counters[0] as Float64Array;
      this.#passthrough = new Passthrough(loadSyscalls(), mounted.fd, this.#state.control, counters);
      const { blobs } = this.#session.vfs;
      if (blobs) this.#idlePages = new IdlePages(mounted.fd, blobs, this.#table);
      this.#setPhase(PHASE.serving, mounted.fd);
      void this.#crew.gone.then(() => this.#finish());
      await withDeadline(
        this.#initialized.promise,
        INIT_MS,
        "the kernel did not begin to speak to the mount",
      );
      this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS).unref();
      await raiseReadAhead(mounted, this.#options.readAheadKib);
    } catch (error) {
      await this.#abandon();
      throw error;
    }
  }

  latencies(): Record<string, LatencyHistogram> {
    return latenciesOf(this.#state.latencies);
  }

  statistics(): MountStatistics {
    return statisticsOf(this.#state, this.#table.openFiles);
  }

  isPassedThrough(ino: number, revision: number): boolean {
    const slot = this.#table.find(nodeLow(ino), nodeHigh(ino, revision));
    return slot >= 0 && this.#table.mode(slot) === OPEN_MODE.passthrough;
  }

  invalidate(changes: readonly EntryChange[]): Promise<void> {
    this.#invalidations = this.#invalidations.then(async () => {
      if (this.#mounted && !this.#isStopping) await sendInvalidations(this.#mounted.fd, changes);
    });
    return this.#invalidations;
  }

  async unmount(graceMs: number): Promise<void> {
    this.#graceEndMs = Math.min(this.#graceEndMs, performance.now() + graceMs);
    const mounted = this.#mounted;
    if (mounted && !this.#isStopping) {
      this.#isStopping = true;
      Atomics.store(this.#state.control, CONTROL.draining, 1);
      await this.#free(mounted);
      await this.#dismissCrew();
    }
    await this.ended;
  }

  // Without a mountpoint that can be freed, the workers leave all the same: what is left is a dead mount.
  async #free(mounted: Mounted): Promise<void> {
    try {
      if (await this.#freeInTime(mounted)) return;
      this.#late?.abort();
      await detach(mounted.mountpoint);
    } catch (error) {
      this.#session.log.warn(`${mounted.mountpoint} cannot be unmounted: ${(error as Error).message}`);
    }
  }

  // The grace may be cut short while it lasts.
  async #freeInTime(mounted: Mounted): Promise<boolean> {
    while (!(await unmount(mounted))) {
      if (performance.now() >= this.#graceEndMs) return false;
      await new Promise((resolve) => setTimeout(resolve, UNMOUNT_RETRY_MS));
    }
    return true;
  }

  #receive(message: WorkerMessage): void {
    switch (message.kind) {
      case "read":
        void this.#late?.read(message);
        break;
      case "lookup":
        void this.#late?.lookup(message);
        break;
      case "open":
        void this.#late?.open(message);
        break;
      case "interrupt":
        this.#late?.interrupt(message);
        break;
      case "ahead":
        this.#session.late.ahead?.(message.ino, message.revision, message.offsetBytes, message.lengthBytes);
        break;
      case "closed":
        this.#idlePages?.closed(message.ino, message.revision);
        break;
      case "initialized":
        this.#initialized.resolve();
        break;
      case "fault":
        this.#session.log.warn(`${message.request} failed: ${message.message}`);
        break;
      default:
    }
  }

  // What a dead worker held would wait for ever.
  #mourn(number: number, error: unknown): void {
    const text = error instanceof Error ? error.message : String(error);
    this.#session.log.warn(`FUSE worker ${number} died: ${text}`);
    this.#table.breakLockOf(number + 1);
    passOnFrom(this.#state.control, number);
    const current = this.#state.current[number - 1];
    if (current?.[CURRENT.held] !== 1) return;
    current[CURRENT.held] = 0;
    void this.#late?.fail({
      uniqueLow: current[CURRENT.low] as number,
      uniqueHigh: current[CURRENT.high] as number,
    });
  }

  // A descriptor that lingers would keep an origin's disk from being unmounted.
  #sweep(): void {
    this.#accesses.look(this.#nowMs());
    void this.#idlePages?.sweep();
    const passthrough = this.#passthrough;
    for (const { fd, backingId } of this.#table.expireIdle()) {
      passthrough?.close(backingId);
      if (fd >= 0) closeSync(fd);
    }
  }

  #countCopied(bytes: number): void {
    const row = this.#state.counters[0] as Float64Array;
    row[COUNTER.copiedBytes] = (row[COUNTER.copiedBytes] as number) + bytes;
  }

  #setPhase(phase: number, fd: number): void {
    const { control } = this.#state;
    control[CONTROL.fd] = fd;
    Atomics.store(control, CONTROL.phase, phase);
    Atomics.notify(control, CONTROL.phase);
  }

  // The eventfd wakes the worker that waits for a request; it is never read, so that none waits again.
  async #dismissCrew(): Promise<void> {
    if (!this.#isClosed) {
      this.#setPhase(PHASE.leaving, this.#mounted?.fd ?? -1);
      closeLeadership(this.#state.control);
      writeSync(this.#stopFd, new Uint8Array(new BigUint64Array([1n]).buffer));
    }
    await this.#crew.gone;
  }

  // No worker is left: the kernel hung up, they were told to leave, or the last one died.
  async #finish(): Promise<void> {
    const mounted = this.#mounted as Mounted;
    const end: MountEnd = this.#isStopping ? "stopped" : isMounted(mounted) ? "aborted" : "unmounted";
    this.#isStopping = true;
    if (end === "aborted") await detach(mounted.mountpoint);
    this.#late?.abort();
    await this.#late?.settled();
    await this.#idlePages?.close();
    await this.#invalidations;
    this.#close();
    this.#end.resolve(end);
  }

  async #abandon(): Promise<void> {
    this.#isStopping = true;
    const mounted = this.#mounted;
    if (mounted) await detach(mounted.mountpoint);
    await this.#dismissCrew();
    if (mounted) await this.ended;
    else this.#close();
  }

  // Closing the device makes the kernel give up what handles of a detached mount may still ask for.
  #close(): void {
    this.#isClosed = true;
    clearInterval(this.#sweeper);
    this.#accesses.finish(this.#nowMs());
    for (const { fd } of this.#table.drain()) if (fd >= 0) closeSync(fd);
    if (this.#mounted) closeSync(this.#mounted.fd);
    closeSync(this.#stopFd);
  }
}

function withDeadline(work: Promise<void>, limitMs: number, message: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new MusicfsError("MFS_MOUNT_FAILED", message)), limitMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
