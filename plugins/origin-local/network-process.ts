import { type ChildProcess, fork } from "node:child_process";
import { type ListingBatch, OriginError } from "musicfs";
import type { Ask, ChildOrder, FromChild, ToChild } from "./child-messages.js";

/** Takes what the child answers to one question. */
export interface Listener {
  batch?(batch: ListingBatch): void;
  result(result: Extract<FromChild, { result: unknown }>["result"]): void;
  error(error: Error): void;
}

/** Calls that may hang beside each other in the child. */
const CHILD_THREADS = "16";

/** One child process, which may hang in the kernel for ever: then it is given up, with all that was asked of it. */
export class NetworkProcess {
  readonly #child: ChildProcess;
  readonly #listeners = new Map<number, Listener>();
  #lastId = 0;
  #isOver = false;
  /** Settles when the process is really gone, which one that hangs may never be. */
  readonly gone: Promise<void>;

  constructor(order: ChildOrder) {
    this.#child = fork(new URL("./network-child.js", import.meta.url), [JSON.stringify(order)], {
      serialization: "advanced",
      // A session of its own: Ctrl-C goes to all processes of a terminal, and is the daemon's alone to act upon.
      detached: true,
      stdio: "ignore",
      execArgv: [],
      env: { UV_THREADPOOL_SIZE: CHILD_THREADS },
      cwd: "/",
    });
    this.#child.on("message", (message: FromChild) => this.#hear(message));
    this.#child.on("error", (error) => this.end(error.message));
    this.gone = new Promise((resolve) => {
      this.#child.once("exit", () => {
        this.end("the process that reads it ended");
        resolve();
      });
    });
    this.#setBusy();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Asks, and gives what cancels that. */
  ask(ask: Ask, listener: Listener): { more(): void; cancel(): void } {
    const id = ++this.#lastId;
    this.#listeners.set(id, listener);
    this.#setBusy();
    this.#send({ id, ask });
    return {
      more: () => this.#send({ id, more: true }),
      cancel: () => {
        if (!this.#listeners.delete(id)) return;
        this.#send({ id, cancel: true });
        this.#setBusy();
      },
    };
  }

  /** Ends the process, and everything that waits for it. */
  end(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#child.kill("SIGKILL");
    this.#child.channel?.unref();
    this.#child.unref();
    const error = new OriginError("unavailable", why);
    for (const listener of this.#listeners.values()) listener.error(error);
    this.#listeners.clear();
  }

  #hear(message: FromChild): void {
    const listener = this.#listeners.get(message.id);
    if (!listener) return;
    if ("batch" in message) {
      listener.batch?.(message.batch);
      return;
    }
    this.#listeners.delete(message.id);
    this.#setBusy();
    if ("error" in message) listener.error(new OriginError(message.error.kind, message.error.message));
    else listener.result(message.result);
  }

  // A child that nobody waits for keeps no process alive.
  #setBusy(): void {
    const { channel } = this.#child;
    if (this.#listeners.size > 0) channel?.ref();
    else channel?.unref();
    this.#child.unref();
  }

  #send(message: ToChild): void {
    // That it could not be told is heard by its end.
    this.#child.send(message, () => undefined);
  }
}
