import { type ChildProcess, fork } from "node:child_process";
import { UnusablePictureError } from "./cover-source.js";
import type { ResizeReply, ResizeRequest } from "./resize-messages.js";

/** Longest that one picture may take, in milliseconds. */
const TIMEOUT_MS = 15_000;
/** How long the process outlives its last picture, in milliseconds: it holds some 60 MB. */
const IDLE_MS = 5_000;
const PROCESS_URL = new URL("./resize-process.js", import.meta.url);

/** The package that makes pictures cannot be loaded on this machine. */
export class ResizerLackingError extends Error {}

export interface ResizerOptions {
  /** @default 15 seconds */
  readonly timeoutMs?: number;
}

/** Makes smaller pictures, one after the other, in a process that is killed when a picture takes too long. */
export class Resizer {
  readonly #timeoutMs: number;
  #child: ChildProcess | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #idle: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor({ timeoutMs = TIMEOUT_MS }: ResizerOptions = {}) {
    this.#timeoutMs = timeoutMs;
  }

  /**
   * @param picture a JPEG, PNG, WebP or GIF.
   * @param sizes longest sides in pixels, ascending; a picture never grows.
   * @returns JPEGs, as many as sizes.
   * @throws {@link UnusablePictureError}, or {@link ResizerLackingError}
   */
  resize(picture: Uint8Array, sizes: readonly number[]): Promise<readonly Uint8Array[]> {
    const made = this.#turn.then(() => this.#ask({ picture, sizes }));
    this.#turn = made.catch(() => undefined);
    return made;
  }

  close(): void {
    this.#isClosed = true;
    this.#end();
  }

  async #ask(request: ResizeRequest): Promise<readonly Uint8Array[]> {
    if (this.#isClosed) throw new Error("MusicFS stops");
    clearTimeout(this.#idle);
    this.#child ??= started();
    const answer = await this.#answered(this.#child, request);
    this.#idle = setTimeout(() => this.#end(), IDLE_MS).unref();
    if ("pictures" in answer) return answer.pictures;
    throw answer.lacking ? new ResizerLackingError(answer.problem) : new UnusablePictureError(answer.problem);
  }

  // Whatever ends the process, this picture did it: the next one gets another process.
  #answered(child: ChildProcess, request: ResizeRequest): Promise<ResizeReply> {
    return new Promise((resolve) => {
      const failed = (problem: string): void => {
        this.#end();
        settle({ problem, lacking: false });
      };
      const onExit = (): void => failed("the process that made it smaller died");
      const timer = setTimeout(() => failed(`it took longer than ${this.#timeoutMs} ms`), this.#timeoutMs);
      const settle = (answer: ResizeReply): void => {
        clearTimeout(timer);
        child.off("exit", onExit).off("error", onExit).off("message", settle);
        resolve(answer);
      };
      child.on("exit", onExit).on("error", onExit).on("message", settle);
      child.send(request, (error) => error && onExit());
    });
  }

  #end(): void {
    clearTimeout(this.#idle);
    this.#child?.kill("SIGKILL");
    this.#child = undefined;
  }
}

// Without its parent it ends by itself.
function started(): ChildProcess {
  const child = fork(PROCESS_URL, [], {
    cwd: "/",
    // A session of its own: Ctrl-C goes to all processes of a terminal, and is the daemon's alone to act upon.
    detached: true,
    serialization: "advanced",
    stdio: ["ignore", "ignore", "ignore", "ipc"],
    execArgv: ["--max-old-space-size=128"],
  });
  child.on("error", () => undefined);
  child.unref();
  child.channel?.unref();
  return child;
}
