import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { MusicfsError } from "musicfs";
import {
  EngineEnd,
  type SearchAnswer,
  type SearchIndex,
  type SearchProgress,
  type SearchQuery,
  type SearchSession,
  searchFailed,
} from "musicfs/search";
import { isTantivyInstalled, PACKAGE, tantivyMissing } from "./binding.js";
import type { TantivyOptions } from "./engine.js";
import type { FromProcess, ToProcess } from "./messages.js";

const PROCESS = fileURLToPath(new URL("./search-process.js", import.meta.url));
/** Pauses before the process is started again, in milliseconds: after its first death in a row, its second, ... */
const RESTART_AFTER_MS = [20, 200, 1_000, 5_000, 30_000] as const;
/** After so many deaths in a row without one answer the index itself is suspected, and made anew. */
const SUSPECT_AFTER_DEATHS = 3;
/** But not more often than this, in milliseconds. */
const ANEW_EVERY_MS = 3_600_000;
/** Of what a dying process writes, so much is looked at. */
const LAST_WORDS = 2_000;

/** Opens an index of tantivy in a process of its own. @throws `MFS_MACHINE_LACKS` */
export function openTantivy(session: SearchSession, options: TantivyOptions): SearchIndex {
  if (!isTantivyInstalled()) throw tantivyMissing(`the package '${PACKAGE}' is not installed`);
  return new TantivyIndex(session, options);
}

/** The daemon's end: starts the process, watches over it, and starts it again when it dies. */
class TantivyIndex implements SearchIndex {
  readonly #session: SearchSession;
  readonly #end: EngineEnd;
  #child: ChildProcess | undefined;
  #lastWords = "";
  #deaths = 0;
  #anewMs = Number.NEGATIVE_INFINITY;
  #restart: NodeJS.Timeout | undefined;
  #isClosed = false;
  #exited: Promise<void> = Promise.resolve();

  constructor(session: SearchSession, { timeoutMs }: TantivyOptions) {
    this.#session = session;
    this.#end = new EngineEnd({
      session,
      timeoutMs,
      send: (message) => this.#send(message),
      onTimeout: () => this.#child?.kill("SIGKILL"),
    });
    this.#start();
  }

  get progress(): SearchProgress {
    return this.#end.progress;
  }

  search(query: SearchQuery, limit: number, signal: AbortSignal): Promise<SearchAnswer> {
    return this.#end.search(query, limit, signal);
  }

  follow(): void {
    this.#end.follow();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#restart);
    this.#end.close();
    // Its commits are safe against this, and what was not committed is read again.
    this.#child?.kill("SIGKILL");
    await this.#exited;
  }

  #start(): void {
    const nowMs = performance.now();
    const anew = this.#deaths >= SUSPECT_AFTER_DEATHS && nowMs - this.#anewMs > ANEW_EVERY_MS;
    if (anew) this.#anewMs = nowMs;
    const child = fork(PROCESS, [], {
      cwd: "/",
      // A session of its own: Ctrl-C goes to all processes of a terminal, and is the daemon's alone to act upon.
      detached: true,
      env: {},
      execArgv: ["--max-old-space-size=256"],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child = child;
    this.#lastWords = "";
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
    child.on("message", (message: FromProcess) => this.#hear(message));
    child.on("error", (error) => this.#session.log.warn(`the search process failed: ${error.message}`));
    this.#exited = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        resolve();
        if (child === this.#child) this.#died(signal ?? `exit code ${code}`);
      });
    });
    const { cataloguePath } = this.#session.source;
    this.#send({ kind: "open", settings: { cataloguePath, folder: this.#session.folder, anew } });
  }

  #send(message: ToProcess): void {
    // A process that is dying takes no more; its death is told by itself.
    if (this.#child?.connected) this.#child.send(message, () => undefined);
  }

  #hear(message: FromProcess): void {
    switch (message.kind) {
      case "stalled":
        this.#session.log.warn(`the search index is not kept up to date for now: ${message.message}`);
        this.#end.progress = { ...this.#end.progress, state: "indexing", reason: message.message };
        break;
      case "unusable":
        this.#giveUp(message.message, message.hint);
        break;
      default:
        if (message.kind === "answer") this.#deaths = 0;
        this.#end.hear(message);
    }
  }

  #died(how: string): void {
    this.#child = undefined;
    if (this.#isClosed) return;
    this.#deaths++;
    this.#end.queue.interrupt(searchFailed(`the search process ended (${how}) twice over this search`));
    const words = /^.*(?:Error|panicked).*$/mu.exec(this.#lastWords)?.[0].slice(0, 200) ?? "";
    this.#session.log.warn(
      `the search process ended (${how}) and is started again${words ? `: ${words}` : ""}`,
    );
    const waitMs = RESTART_AFTER_MS[Math.min(this.#deaths, RESTART_AFTER_MS.length) - 1];
    if (this.#deaths > SUSPECT_AFTER_DEATHS) {
      const { tracks } = this.#end.progress;
      this.#end.progress = { state: "failed", tracks, reason: `the search process ends (${how})` };
      this.#end.queue.fail(searchFailed(`the search process ends again and again (${how})`));
    }
    this.#restart = setTimeout(() => this.#start(), waitMs);
  }

  #giveUp(message: string, hint: string): void {
    const child = this.#child;
    this.#child = undefined;
    child?.kill("SIGKILL");
    this.#session.log.warn(`${message}. ${hint}`);
    this.#end.progress = { state: "failed", tracks: 0, reason: message };
    this.#end.queue.close(new MusicfsError("MFS_SEARCH_FAILED", message, { hint }));
  }
}
