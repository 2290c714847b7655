import { type ListingBatch, type Origin, OriginError } from "musicfs";
import type { Ask, ChildOrder, FromChild } from "./child-messages.js";
import { NetworkProcess } from "./network-process.js";

export interface NetworkOriginOptions extends ChildOrder {
  readonly id: string;
  /** What it is on, for people: `NFS`, `fuse.sshfs`. */
  readonly type: string;
}

/** Processes that hang in the kernel and can't be ended; with more of them no further one is started. */
const MAX_HUNG = 4;

/**
 * A folder on a network filesystem: what touches it is done by a child process, since a call into the kernel may hang
 * until its server is back, and with it a thread that others need. Its files are read through the content store.
 */
export function openNetworkOrigin({ id, type, ...order }: NetworkOriginOptions): Origin {
  const { settings } = order;
  const processes = new Processes(order, type);
  return {
    id,
    cache: true,
    settings,
    pollIntervalMs: settings.pollInterval,
    list: (signal, paths) => processes.list(paths, signal),
    stat: (path, signal) =>
      processes.ask({ call: "stat", path }, signal) as Promise<Awaited<ReturnType<Origin["stat"]>>>,
    read: (file, offsetBytes, lengthBytes, signal) =>
      processes.ask({ call: "read", file, offsetBytes, lengthBytes }, signal) as Promise<Uint8Array>,
    capacity: (signal) =>
      processes.ask({ call: "capacity" }, signal) as ReturnType<NonNullable<Origin["capacity"]>>,
    async close() {
      processes.end("the origin was closed");
    },
  };
}

class Processes {
  readonly #order: ChildOrder;
  readonly #type: string;
  #current: NetworkProcess | undefined;
  #hung = 0;

  constructor(order: ChildOrder, type: string) {
    this.#order = order;
    this.#type = type;
  }

  end(why: string): void {
    this.#current?.end(why);
  }

  ask(ask: Ask, signal: AbortSignal): Promise<Extract<FromChild, { result: unknown }>["result"]> {
    signal.throwIfAborted();
    const { idleTimeout } = this.#order.settings;
    return new Promise((resolve, reject) => {
      const child = this.#child();
      const timer = setTimeout(() => this.#giveUp(child, idleTimeout), idleTimeout);
      const onAbort = (): void => {
        asked.cancel();
        settle(() => reject(signal.reason));
      };
      const settle = (how: () => void): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", onAbort);
        how();
      };
      const asked = child.ask(ask, {
        result: (result) => settle(() => resolve(result)),
        error: (error) => settle(() => reject(error)),
      });
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  async *list(paths: readonly string[] | undefined, signal: AbortSignal): AsyncGenerator<ListingBatch> {
    signal.throwIfAborted();
    const { timeout } = this.#order.settings;
    const child = this.#child();
    let settle: (next: () => ListingBatch | undefined) => void = () => undefined;
    let next = new Promise<() => ListingBatch | undefined>((resolve) => {
      settle = resolve;
    });
    const asked = child.ask(paths ? { call: "list", paths } : { call: "list" }, {
      batch: (batch) => settle(() => batch),
      result: () => settle(() => undefined),
      error: (error) => settle(() => fail(error)),
    });
    const onAbort = (): void => settle(() => fail(signal.reason));
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      for (;;) {
        // A batch is of hundreds of files, each of which takes its time.
        const timer = setTimeout(() => this.#giveUp(child, timeout), timeout);
        const take = await next.finally(() => clearTimeout(timer));
        const batch = take();
        if (!batch) return;
        next = new Promise((resolve) => {
          settle = resolve;
        });
        // Who aborted while the batch was taken was not heard by the promise that is waited for now.
        if (signal.aborted) throw signal.reason;
        yield batch;
        signal.throwIfAborted();
        asked.more();
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      asked.cancel();
    }
  }

  #child(): NetworkProcess {
    if (this.#current && !this.#current.isOver) return this.#current;
    if (this.#hung >= MAX_HUNG) throw this.#hanging(`${this.#hung} processes hang in it`);
    const child = new NetworkProcess(this.#order);
    this.#hung++;
    void child.gone.then(() => this.#hung--);
    this.#current = child;
    return child;
  }

  #giveUp(child: NetworkProcess, afterMs: number): void {
    child.end(this.#hanging(`it gave no answer for ${afterMs / 1000} s`).message);
  }

  #hanging(how: string): OriginError {
    return new OriginError(
      "unavailable",
      `${this.#order.folder} is on ${this.#type}, which hangs: ${how}. See whether its server is up`,
    );
  }
}

function fail(error: unknown): never {
  throw error;
}
