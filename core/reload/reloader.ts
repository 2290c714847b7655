import type { Config } from "../config/config.js";
import { checkOverlaps } from "../config/overlaps.js";
import { MusicfsError } from "../errors.js";
import type { Hooks } from "../hooks.js";
import type { Logger } from "../logger.js";
import { type ConfigChange, findChanges, type Setting, type Settings, settingsOf } from "./settings.js";

/** What came of reading the config again. */
export interface ReloadResult {
  readonly configFile: string;
  /** What holds from now on. */
  readonly applied: readonly ConfigChange[];
  /** What waits for a restart. */
  readonly needsRestart: readonly ConfigChange[];
}

/** Takes the new value of a key into use. */
export interface Applier {
  /** Whether it is for this key of the config, such as `scan.workers`. */
  takes(key: string): boolean;
  /** Called once a reload, with the whole new config. */
  apply(config: Config): void;
}

export interface ReloaderOptions {
  /** What the instance runs with. */
  readonly config: Config;
  /** Reads the config anew, with the flags and the environment of the start; absent where nobody can. */
  readonly load: (() => Promise<Config>) | undefined;
  readonly appliers: readonly Applier[];
  readonly hooks: Hooks;
  readonly log: Logger;
  /** Is told before the config is read. */
  readonly begins: () => void;
  /** Is told when it was read, or could not be. */
  readonly ends: () => void;
}

/** Reads the config again while the instance runs. */
export class Reloader {
  readonly #options: ReloaderOptions;
  /** What the instance runs with: what its start read, and what was applied since. */
  #running: Settings;
  #reloading: Promise<unknown> = Promise.resolve();

  constructor(options: ReloaderOptions) {
    this.#options = options;
    this.#running = settingsOf(options.config);
  }

  /**
   * Reads the config, takes into use what can be, and names the rest. One that is wrong changes nothing.
   *
   * @throws what reading it threw.
   */
  reload(): Promise<ReloadResult> {
    const reloaded = this.#reloading.then(() => this.#reload());
    this.#reloading = reloaded.catch(() => undefined);
    return reloaded;
  }

  async #reload(): Promise<ReloadResult> {
    const { load, begins, ends } = this.#options;
    if (!load) throw new MusicfsError("MFS_USAGE", "this instance has no config that could be read again");
    begins();
    try {
      const config = await load();
      checkOverlaps(config, []);
      return await this.#apply(config);
    } finally {
      ends();
    }
  }

  async #apply(config: Config): Promise<ReloadResult> {
    const { appliers, hooks, log } = this.#options;
    const wanted = settingsOf(config);
    const changes = findChanges(this.#running, wanted);
    const taken = appliers.filter(({ takes }) => changes.some(({ key }) => takes(key)));
    for (const applier of taken) applier.apply(config);
    const isTaken = ({ key }: ConfigChange): boolean => taken.some(({ takes }) => takes(key));
    const applied = changes.filter(isTaken);
    const needsRestart = changes.filter((change) => !isTaken(change));
    const running = new Map(this.#running);
    for (const { key } of applied) running.set(key, wanted.get(key) as Setting);
    this.#running = running;
    for (const change of applied) log.info(`the config's ${describe(change)}`);
    for (const change of needsRestart) log.warn(`the config's ${describe(change)}; that needs a restart`);
    if (changes.length === 0) log.info("the config was read again; nothing in it is new");
    const keysOf = (list: readonly ConfigChange[]): string[] => list.map(({ key }) => key);
    await hooks.configReloaded.call({ applied: keysOf(applied), needsRestart: keysOf(needsRestart) });
    return { configFile: config.configFile, applied, needsRestart };
  }
}

function describe({ key, before, after }: ConfigChange): string {
  return `${key} is ${after}, it was ${before}`;
}
