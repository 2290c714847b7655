import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import { OriginError } from "../model/origin-error.js";
import { StallWatch } from "./stall-watch.js";

/** Holds an answer up and lets it go on. */
export interface Flow {
  pause(): void;
  resume(): void;
}

/**
 * Takes an answer as it arrives. After `end` or `fail` nothing more comes. What `start`, `data` or `end` throw ends the exchange
 * with `fail` of it.
 */
export interface Receiver {
  start(status: number, headers: IncomingHttpHeaders, flow: Flow): void;
  data(piece: Buffer): void;
  end(): void;
  fail(error: unknown): void;
}

/**
 * One request and its answer, pushed into a receiver. An abort is heard at once, whatever the server does; an answer
 * that stands still or drips is `unavailable`. The time in which the request waits for a connection does not count.
 */
export function exchange(
  dispatcher: Dispatcher,
  request: Dispatcher.DispatchOptions,
  receiver: Receiver,
  idleTimeoutMs: number,
  signal: AbortSignal,
): void {
  if (signal.aborted) {
    receiver.fail(signal.reason);
    return;
  }
  new Exchange(receiver, idleTimeoutMs, signal).begin(dispatcher, request);
}

class Exchange implements Dispatcher.DispatchHandler {
  readonly #receiver: Receiver;
  readonly #signal: AbortSignal;
  readonly #watch: StallWatch;
  #controller: Dispatcher.DispatchController | undefined;
  #isOver = false;

  constructor(receiver: Receiver, idleTimeoutMs: number, signal: AbortSignal) {
    this.#receiver = receiver;
    this.#signal = signal;
    this.#watch = new StallWatch(idleTimeoutMs, (why) => this.#fail(new OriginError("unavailable", why)));
  }

  begin(dispatcher: Dispatcher, request: Dispatcher.DispatchOptions): void {
    this.#signal.addEventListener("abort", this.#abort, { once: true });
    try {
      dispatcher.dispatch(request, this);
    } catch (error) {
      this.#fail(error);
    }
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#isOver) controller.abort(new Error("nobody waits for it any more"));
    else this.#watch.start();
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    status: number,
    headers: IncomingHttpHeaders,
  ): void {
    // 1xx only announce the answer.
    if (this.#isOver || status < 200) return;
    this.#watch.note(0);
    this.#guarded(() => this.#receiver.start(status, headers, this.#flowOf(controller)));
  }

  onResponseData(_: Dispatcher.DispatchController, piece: Buffer): void {
    if (this.#isOver) return;
    this.#watch.note(piece.length);
    this.#guarded(() => this.#receiver.data(piece));
  }

  onResponseEnd(): void {
    if (this.#isOver) return;
    this.#guarded(() => {
      this.#receiver.end();
      this.#settle();
    });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#fail(error);
  }

  #flowOf(controller: Dispatcher.DispatchController): Flow {
    return {
      pause: () => {
        this.#watch.stop();
        controller.pause();
      },
      resume: () => {
        if (this.#isOver) return;
        this.#watch.start();
        controller.resume();
      },
    };
  }

  readonly #abort = (): void => this.#fail(this.#signal.reason);

  #guarded(step: () => void): void {
    try {
      step();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#settle();
    this.#controller?.abort(new Error("given up"));
    this.#receiver.fail(error);
  }

  #settle(): void {
    this.#isOver = true;
    this.#watch.stop();
    this.#signal.removeEventListener("abort", this.#abort);
  }
}
