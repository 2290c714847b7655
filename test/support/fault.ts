import { EventEmitter } from "node:events";

/**
 * What a {@link FaultProxy} does to the connections through it. "Down" is from the server to the client.
 *
 * | mode     | what happens                                                                              |
 * | -------- | ----------------------------------------------------------------------------------------- |
 * | `ok`     | bytes pass                                                                                |
 * | `refuse` | new connections are reset at once, live ones with the change                              |
 * | `reset`  | a connection is reset where a byte would pass                                             |
 * | `hang`   | connections are taken, and no byte passes in either direction until the mode is another   |
 * | `cut`    | a connection is closed when so many bytes went down on it                                 |
 * | `flip`   | one bit of the byte with this number that goes down on a connection is another            |
 * | `delay`  | every byte takes so long each way, and connecting a round trip; bytes follow each other freely |
 * | `drip`   | so many bytes a second go down on each connection                                         |
 * | `stall`  | when so many bytes went down on a connection, none follows until the mode is another      |
 */
export type Fault =
  | { readonly mode: "ok" | "refuse" | "reset" | "hang" }
  | { readonly mode: "cut" | "stall"; readonly afterBytes: number }
  | { readonly mode: "flip"; readonly atByte: number }
  | { readonly mode: "delay"; readonly ms: number }
  | { readonly mode: "drip"; readonly bytesPerSecond: number };

/** What passed through a proxy since it was opened. */
export interface ProxyCounts {
  /** Connections that were taken, the refused ones, too. */
  readonly connections: number;
  /** Connections that are there now. */
  readonly live: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** How often a fault did something to a connection: reset it, cut it, flipped a byte of it, held bytes of it up. */
  readonly faults: number;
}

/** The fault that is on; `changed` is emitted whenever it is another. */
export class FaultSwitch extends EventEmitter<{ changed: [] }> {
  #fault: Fault;

  constructor(fault: Fault) {
    super();
    this.setMaxListeners(0);
    this.#fault = fault;
  }

  get fault(): Fault {
    return this.#fault;
  }

  set(fault: Fault): void {
    this.#fault = fault;
    this.emit("changed");
  }

  /** Waits for the next {@link set}, at most so long. */
  async change(atMostMs?: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = atMostMs === undefined ? undefined : setTimeout(done, atMostMs);
      this.once("changed", done);
      const emitter = this;
      function done(): void {
        clearTimeout(timer);
        emitter.off("changed", done);
        resolve();
      }
    });
  }
}
