import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createBackoff } from "../backoff.js";
import { messageOf } from "../errors.js";
import type { PluginContext } from "../plugin.js";
import { ChangedFolders, type FolderNames } from "./changed-folders.js";

/** What a media server is told. */
export interface Notification {
  /** Where the library is mounted. */
  readonly mountpoint: string;
  /** Names of the folders at the mount's root below which something changed; `undefined`: look at everything. */
  readonly folders: FolderNames;
}

export interface NotifierOptions {
  /** What is told, as a person calls it: `Jellyfin at http://localhost:8096`. */
  readonly server: string;
  /** Tells two of one plugin apart; part of a file's name. */
  readonly id: string;
  /** The server is told once the library has not changed for this long, in milliseconds. */
  readonly quietMs: number;
  /** Though it still changes, the server is told after this long, in milliseconds. */
  readonly maxWaitMs: number;
  /** Tells the server. What it throws is logged, and it is called again later. */
  notify(notification: Notification, signal: AbortSignal): Promise<void>;
}

const RETRY = { firstMs: 5_000, maxMs: 600_000 } as const;

/**
 * Tells a media server that the library changed: once for many changes, again until it works, and after a
 * restart if the change of the last run was not told. A stopping daemon tells nothing: a server that scans
 * while the mount goes would believe that its music was deleted.
 */
export function startNotifier(context: PluginContext, options: NotifierOptions): void {
  const notifier = new Notifier(context, options);
  context.hooks.libraryChanged.tap((change) => notifier.changed((folders) => folders.add(change)));
  context.hooks.mounted.tap(({ mountpoint }) => notifier.mounted(mountpoint));
  context.hooks.stopping.tap(() => notifier.stop());
  context.onDispose(() => notifier.stop());
}

class Notifier {
  readonly #context: PluginContext;
  readonly #options: NotifierOptions;
  readonly #folders = new ChangedFolders();
  readonly #backoff = createBackoff(RETRY);
  readonly #stopped = new AbortController();
  // Is there while the server has not been told of the last change.
  readonly #markerPath: string;
  #mountpoint: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #firstChangeMs = 0;
  #telling: Promise<void> | undefined;
  #hasFailed = false;

  constructor(context: PluginContext, options: NotifierOptions) {
    this.#context = context;
    this.#options = options;
    const name = options.id.replace(/[^A-Za-z0-9.-]/gu, "_");
    this.#markerPath = join(context.stateDir(), `${name}.pending`);
  }

  mounted(mountpoint: string): void {
    this.#mountpoint = mountpoint;
    if (existsSync(this.#markerPath)) this.changed((folders) => folders.addNames(undefined));
    else this.#schedule();
  }

  changed(note: (folders: ChangedFolders) => void): void {
    const isFirst = this.#folders.isEmpty;
    if (isFirst) this.#firstChangeMs = performance.now();
    note(this.#folders);
    // After a failure the wait is the server's, however much changes meanwhile.
    if (!this.#hasFailed) this.#schedule();
    if (isFirst) writeFileSync(this.#markerPath, "", { mode: 0o600 });
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    this.#stopped.abort();
    await this.#telling;
  }

  #schedule(): void {
    const { quietMs, maxWaitMs } = this.#options;
    const waitedMs = performance.now() - this.#firstChangeMs;
    this.#tellAfter(Math.max(0, Math.min(quietMs, maxWaitMs - waitedMs)));
  }

  #tellAfter(waitMs: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped.signal.aborted || this.#folders.isEmpty || this.#mountpoint === undefined) return;
    if (this.#telling) return;
    this.#timer = setTimeout(() => {
      this.#telling = this.#tell(this.#mountpoint as string).then((nextMs) => {
        this.#telling = undefined;
        this.#tellAfter(nextMs);
      });
    }, waitMs);
  }

  /** @returns how long to wait before the next time, if there is one. */
  async #tell(mountpoint: string): Promise<number> {
    const { server, notify, quietMs } = this.#options;
    const { log } = this.#context;
    const folders = this.#folders.take();
    try {
      await notify({ mountpoint, folders }, this.#stopped.signal);
      this.#backoff.reset();
      if (this.#folders.isEmpty) rmSync(this.#markerPath, { force: true });
      if (this.#hasFailed) log.info(`${server} answers again`);
      this.#hasFailed = false;
      log.debug(`told ${server} to look at ${folders?.join(", ") ?? "everything"}`);
      return quietMs;
    } catch (error) {
      this.#folders.addNames(folders);
      if (this.#stopped.signal.aborted) return 0;
      const waitMs = this.#backoff.next();
      this.#hasFailed = true;
      log.warn(
        `cannot tell ${server} of a change: ${messageOf(error)}; trying again in ${Math.ceil(waitMs / 1000)} s`,
      );
      return waitMs;
    }
  }
}
