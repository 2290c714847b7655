import type { Socket } from "node:net";
import type { FaultSwitch } from "./fault.js";

/** Bytes that may be under way in one direction of a connection before its sender has to wait. */
const MAX_HELD = 16 * 2 ** 20;
/** How often a second dripping bytes are sent. */
const DRIPS_PER_SECOND = 20;

export interface LineOptions {
  readonly from: Socket;
  readonly to: Socket;
  /** Whether the bytes come from the server. */
  readonly isDown: boolean;
  readonly faults: FaultSwitch;
  onBytes(count: number): void;
  /** A fault did something. */
  onFault(): void;
  /** Resets or closes the whole connection. */
  end(how: "reset" | "close"): void;
}

/** One direction of a connection through a proxy: takes bytes up as they come, and passes them on as its fault says. */
export class FaultLine {
  readonly #options: LineOptions;
  readonly #held: { bytes: Buffer; readonly sinceMs: number }[] = [];
  #heldBytes = 0;
  readonly #openedMs = performance.now();
  #passed = 0;
  #isOver = false;
  #wake = (): void => undefined;

  constructor(options: LineOptions) {
    this.#options = options;
    const { from } = options;
    from.on("data", (bytes) => this.#take(bytes));
    from.on("end", () => this.#over());
    from.on("close", () => this.#over());
    void this.#pass();
  }

  #take(bytes: Buffer): void {
    this.#held.push({ bytes, sinceMs: performance.now() });
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > MAX_HELD) this.#options.from.pause();
    this.#wake();
  }

  #over(): void {
    this.#isOver = true;
    this.#wake();
  }

  async #pass(): Promise<void> {
    const { from, to } = this.#options;
    for (;;) {
      const head = this.#held[0];
      if (!head) {
        if (this.#isOver) break;
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      await this.#untilDue(head.sinceMs);
      if (to.destroyed) return;
      const bytes = await this.#faulty(head.bytes);
      if (!bytes) return;
      if (bytes.length === head.bytes.length) this.#held.shift();
      else head.bytes = head.bytes.subarray(bytes.length);
      this.#heldBytes -= bytes.length;
      if (from.isPaused() && this.#heldBytes <= MAX_HELD) from.resume();
      this.#passed += bytes.length;
      this.#options.onBytes(bytes.length);
      if (!to.write(bytes)) await drained(to);
    }
    to.end();
  }

  async #untilDue(sinceMs: number): Promise<void> {
    const { faults, onFault } = this.#options;
    for (let isCounted = false; ; isCounted = true) {
      const { fault } = faults;
      const stalls = fault.mode === "stall" && this.#options.isDown && this.#passed >= fault.afterBytes;
      const leftMs =
        fault.mode === "hang" || stalls
          ? Number.POSITIVE_INFINITY
          : fault.mode === "delay"
            ? // Connecting takes a round trip, before which no byte leaves.
              Math.max(sinceMs, this.#openedMs + 2 * fault.ms) + fault.ms - performance.now()
            : 0;
      if (leftMs <= 0 || this.#options.to.destroyed) return;
      if (!isCounted) onFault();
      await faults.change(Number.isFinite(leftMs) ? leftMs : undefined);
    }
  }

  // What of these bytes passes now; `undefined` when the connection ended.
  async #faulty(bytes: Buffer): Promise<Buffer | undefined> {
    const { isDown, faults, onFault, end } = this.#options;
    const { fault } = faults;
    if (fault.mode === "reset") {
      onFault();
      end("reset");
      return undefined;
    }
    if (!isDown) return bytes;
    if (fault.mode === "cut" && this.#passed + bytes.length >= fault.afterBytes) {
      onFault();
      this.#options.to.write(bytes.subarray(0, Math.max(0, fault.afterBytes - this.#passed)));
      end("close");
      return undefined;
    }
    if (fault.mode === "stall") return bytes.subarray(0, fault.afterBytes - this.#passed);
    const at = fault.mode === "flip" ? fault.atByte - this.#passed : -1;
    if (at >= 0 && at < bytes.length) {
      onFault();
      bytes[at] = (bytes[at] as number) ^ 1;
    }
    if (fault.mode !== "drip") return bytes;
    onFault();
    const dripBytes = Math.max(1, Math.floor(fault.bytesPerSecond / DRIPS_PER_SECOND));
    await faults.change((1000 * dripBytes) / fault.bytesPerSecond);
    return bytes.subarray(0, dripBytes);
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      socket.off("drain", done).off("close", done);
      resolve();
    };
    socket.on("drain", done).on("close", done);
  });
}
